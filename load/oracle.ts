/**
 * A client that stays connected and reads everything: states are compared with what it received. It joins before the storm, so that it
 * knows every page as it stood at each seq since.
 */

import type { Faults } from './faults.js';
import { CONTINUATION, controlFrame, PING, PONG, readFrame, TEXT } from './frames.js';
import { RawSocket } from './raw-socket.js';

interface Alarm {
  readonly id: string;
  readonly page_id: string;
}

interface Update {
  readonly type: string;
  readonly payload: {
    readonly page_id: string;
    readonly alarm_id: string;
    readonly action: string;
    readonly seq: number;
    readonly data: Alarm;
  };
}

type Entry = { readonly page: { readonly id: string; readonly seq: number } } & (
  | { readonly alarms: readonly Alarm[] }
  | { readonly updates: readonly Update[] }
);

/** A page as it was when the oracle joined, and what has happened since: the update of seq `seq + 1` is the first. */
interface Known {
  readonly seq: number;
  readonly alarms: readonly Alarm[];
  readonly updates: Update[];
}

/** A page at a seq, to be advanced: alarm's id → the alarm as JSON. */
interface Rolled {
  seq: number;
  readonly alarms: Map<string, string>;
}

export class Oracle {
  /** Resolves when it has its state. */
  readonly ready: Promise<void>;
  readonly #faults: Faults;
  readonly #pages = new Map<string, Known>();
  readonly #rolled = new Map<string, Rolled>();
  readonly #socket: RawSocket;
  /** Of a message that has not ended: a large state comes in several frames. */
  readonly #fragments: Buffer[] = [];
  #begun = Buffer.alloc(0);
  #isReady: () => void = () => {};

  /** `url`: the server's /ws with a token. */
  constructor(url: URL, faults: Faults) {
    this.#faults = faults;
    let reject = (_error: Error): void => {};
    this.ready = new Promise((...settle) => ([this.#isReady, reject] = settle));
    const ended = (why: string): void => {
      faults.add('closed', 1, () => `oracle: ${why}`);
      reject(new Error(`oracle: ${why}`));
    };
    this.#socket = new RawSocket(url, { received: (bytes, length) => this.#receive(bytes, length), ended });
    this.#socket.opened.catch(reject);
  }

  close(): void {
    this.#socket.destroy();
  }

  /** What each of these states (as StateReader keeps them) shows of a page, whole or as updates, must be what the oracle received about the page. */
  static check(oracles: readonly Oracle[], states: readonly Buffer[]): void {
    const byPage = new Map(oracles.flatMap((oracle) => [...oracle.#pages.keys()].map((page) => [page, oracle])));
    for (const entry of states.flatMap(entriesOf).sort((a, b) => a.page.seq - b.page.seq)) {
      const oracle = byPage.get(entry.page.id);
      if (oracle) oracle.#compare(entry);
    }
  }

  /** To be called in the order of seqs. */
  #compare(entry: Entry): void {
    const why =
      'alarms' in entry ? this.#misfitOf(entry.page, entry.alarms) : this.#misfitOfUpdates(entry.page, entry.updates);
    if (why !== undefined)
      this.#faults.add(
        'errors',
        1,
        () =>
          `a state shows page ${entry.page.id} at seq ${entry.page.seq} differently from what the oracle received: ${why}`,
      );
  }

  #misfitOf({ id, seq }: Entry['page'], alarms: readonly Alarm[]): string | undefined {
    const known = this.#pages.get(id)!;
    let state = this.#rolled.get(id);
    if (!state)
      this.#rolled.set(
        id,
        (state = { seq: known.seq, alarms: new Map(known.alarms.map((alarm) => [alarm.id, JSON.stringify(alarm)])) }),
      );
    if (seq < state.seq || seq > known.seq + known.updates.length)
      return `it knows the seqs from ${known.seq} to ${known.seq + known.updates.length}`;
    while (state.seq < seq) apply(state.alarms, known.updates[state.seq++ - known.seq]!);
    if (alarms.length !== state.alarms.size) return `${alarms.length} alarms, and not ${state.alarms.size}`;
    const other = alarms.find((alarm) => JSON.stringify(alarm) !== state.alarms.get(alarm.id));
    return other && `alarm ${other.id} is another`;
  }

  #misfitOfUpdates({ id, seq }: Entry['page'], updates: readonly Update[]): string | undefined {
    const known = this.#pages.get(id)!;
    const first = seq - updates.length + 1;
    const other = updates.find(
      (update, at) =>
        update.payload.seq !== first + at ||
        JSON.stringify(update) !== JSON.stringify(known.updates[update.payload.seq - known.seq - 1]),
    );
    return other && `the update of seq ${other.payload.seq} is another`;
  }

  #receive(bytes: Buffer, length: number): void {
    const all = Buffer.concat([this.#begun, bytes.subarray(0, length)]);
    let at = 0;
    for (let frame = readFrame(all, at, all.length); frame; frame = readFrame(all, at, all.length)) {
      if (frame.opcode === PING) this.#socket.write(controlFrame(PONG, all.toString('latin1', frame.start, frame.end)));
      if (frame.opcode === TEXT || frame.opcode === CONTINUATION) {
        this.#fragments.push(Buffer.from(all.subarray(frame.start, frame.end)));
        if (frame.fin) this.#hear(Buffer.concat(this.#fragments.splice(0)).toString());
      }
      at = frame.end;
    }
    this.#begun = all.subarray(at);
  }

  #hear(text: string): void {
    const message = JSON.parse(text) as { type: string; payload: { pages: Entry['page'][]; alarms: Alarm[] } } | Update;
    if (message.type === 'initial_state') {
      const { pages, alarms } = (message as { payload: { pages: Entry['page'][]; alarms: Alarm[] } }).payload;
      for (const { id, seq } of pages)
        this.#pages.set(id, { seq, alarms: alarms.filter(({ page_id }) => page_id === id), updates: [] });
      this.#isReady();
    } else if (message.type === 'alarm_update') {
      const update = message as Update;
      this.#pages.get(update.payload.page_id)?.updates.push(update);
    }
  }
}

function apply(alarms: Map<string, string>, { payload: { alarm_id, action, data } }: Update): void {
  // A trigger's price is in its message, but not in the state.
  if (action === 'deleted') alarms.delete(alarm_id);
  else alarms.set(alarm_id, JSON.stringify({ ...data, price: undefined }));
}

/** Of a state from `"pages":` on: an entry a page, whichever message it was. */
function entriesOf(bytes: Buffer): Entry[] {
  const { pages, alarms } = JSON.parse(`{${bytes.toString('utf8', 0, bytes.length - 1)}`) as {
    pages: (Entry | Entry['page'])[];
    alarms?: Alarm[];
  };
  if (!alarms) return pages as Entry[];
  return (pages as Entry['page'][]).map((page) => ({
    page,
    alarms: alarms.filter(({ page_id }) => page_id === page.id),
  }));
}
