/** Random cuts, by seed, against a fake server (ws) that keeps true state: pages with their history, one user, answers by id. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type Alarm, AlarmClient, type Page, type ServerMessage } from '@alarm-server/client';
import t from 'tap';
import { type WebSocket as Peer, WebSocket, WebSocketServer } from 'ws';
import { givenNumber } from '../runner/given-number.js';
import { FakeTimers } from './fake-timers.js';
import { alarm, alarmUpdate, initialState, page } from './wire-samples.js';

/** Mulberry32: numbers from 0 to below 1. */
function randomOf(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let r = Math.imul(a ^ (a >>> 15), 1 | a);
    r = (r + Math.imul(r ^ (r >>> 7), 61 | r)) ^ r;
    return ((r ^ (r >>> 14)) >>> 0) / 4294967296;
  };
}

interface TruePage {
  readonly history: ServerMessage[];
  readonly alarms: Map<string, Alarm>;
  isVisible: boolean;
}

class ServerModel {
  readonly pages = new Map<string, TruePage>();
  /** Effects of each command by its id. */
  readonly effects = new Map<string, number>();
  isCalm = false;
  cuts = 0;
  readonly #random: () => number;
  readonly #answers = new Map<string, string>();
  #live: Peer | undefined;

  constructor(random: () => number) {
    this.#random = random;
    for (const id of ['p0', 'p1', 'p2'])
      this.pages.set(id, {
        history: [],
        alarms: new Map([[`a-${id}`, alarm({ id: `a-${id}`, page_id: id })]]),
        isVisible: true,
      });
  }

  chance(share: number): boolean {
    return !this.isCalm && this.#random() < share;
  }

  pageOf = (id: string): Page => page({ id, name: id, seq: this.pages.get(id)!.history.length });

  serve(peer: Peer, path: string): void {
    if (!path.includes('resume=1')) this.#start(peer);
    peer.on('message', (data) => this.#hear(peer, JSON.parse(String(data))));
  }

  /** Something happens that the client did not do. */
  disturb(): void {
    const ids = [...this.pages.keys()];
    const id = ids[Math.floor(this.#random() * ids.length)]!;
    const model = this.pages.get(id)!;
    if (this.chance(0.15)) {
      model.isVisible = !model.isVisible;
      // Nothing of rights is lost on the way: only the numbered updates are.
      if (this.#live)
        this.#send(
          this.#live,
          model.isVisible
            ? { type: 'page_added', payload: this.#state(id) }
            : { type: 'page_removed', payload: { page_id: id } },
        );
    } else this.#happen(id, this.#random());
    if (this.chance(0.1)) this.#cut();
  }

  #happen(id: string, mark: number): void {
    const model = this.pages.get(id)!;
    const changed = alarm({ id: `a-${id}`, page_id: id, condition: String(mark) });
    model.alarms.set(changed.id, changed);
    const message = alarmUpdate(model.history.length + 1, 'updated', changed);
    model.history.push(message);
    if (!model.isVisible || !this.#live || this.chance(0.1)) return;
    this.#send(this.#live, message);
    if (this.chance(0.1)) this.#send(this.#live, message);
  }

  #cut(): void {
    this.cuts += 1;
    const peer = this.#live;
    this.#live = undefined;
    if (this.chance(0.5)) peer?.terminate();
    else peer?.close(this.chance(0.5) ? 1001 : 4500);
  }

  #start(peer: Peer): void {
    const ids = this.#visible();
    this.#send(
      peer,
      initialState({ pages: ids.map(this.pageOf), alarms: ids.flatMap((id) => this.#state(id).alarms) }),
    );
    this.#live = peer;
  }

  #hear(peer: Peer, { type, id, payload }: { type: string; id: string; payload: never }): void {
    if (peer.readyState !== peer.OPEN) return;
    if (type === 'resume') {
      const held = (payload as { pages: Record<string, number> }).pages;
      const removed = Object.keys(held).filter((page) => !this.pages.get(page)!.isVisible);
      this.#send(peer, {
        type: 'resumed',
        id,
        payload: { log: 'log-1', removed, pages: this.#visible().map((page) => this.#catchUp(page, held[page])) },
      });
      this.#live = peer;
    } else if (type === 'sync') {
      const { page_id, seq } = payload as { page_id: string; seq: number };
      if (this.pages.get(page_id)!.isVisible)
        this.#send(peer, { type: 'page_state', id, payload: this.#catchUp(page_id, seq) });
      else this.#send(peer, { type: 'error', id, payload: { message: 'Not found', code: 'not_found' } });
    } else this.#command(peer, id, payload);
    if (this.chance(0.05)) this.#cut();
  }

  #command(peer: Peer, id: string, { alarm_id }: { alarm_id: string }): void {
    if (this.chance(0.1)) return this.#cut();
    if (!this.#answers.has(id)) {
      this.effects.set(id, (this.effects.get(id) ?? 0) + 1);
      this.#answers.set(
        id,
        JSON.stringify({ type: 'success', id, payload: { action: 'alarm_updated', data: {}, seq: 0, position: '0' } }),
      );
      this.#happen(alarm_id.slice(2), this.#random());
    }
    if (this.chance(0.1)) return this.#cut();
    if (peer.readyState === peer.OPEN) peer.send(this.#answers.get(id)!);
  }

  #catchUp(id: string, seq: number | undefined) {
    const updates = seq === undefined ? undefined : this.pages.get(id)!.history.slice(seq);
    return updates && !this.chance(0.3) ? { page: this.pageOf(id), updates } : this.#state(id);
  }

  #state = (id: string) => ({ page: this.pageOf(id), alarms: [...this.pages.get(id)!.alarms.values()] });

  #visible = (): string[] => [...this.pages].filter(([, { isVisible }]) => isVisible).map(([id]) => id);

  #send(peer: Peer, message: ServerMessage): void {
    peer.send(JSON.stringify(message));
  }

  shown = () => Object.fromEntries(this.#visible().map((id) => [id, this.#state(id)]));
}

const SEEDS = givenNumber('SEEDS', 25);
const FIRST_SEED = givenNumber('SEED', 1, 0);

for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
  t.test(`CLIENT-9 seed ${seed}: the store ends equal to the server's, and each command had one effect`, async (t) => {
    const model = new ServerModel(randomOf(seed));
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/ws' });
    await once(server, 'listening');
    server.on('connection', (peer, request) => model.serve(peer, request.url ?? ''));
    t.teardown(() => {
      for (const peer of server.clients) peer.terminate();
      server.close();
    });
    const timers = new FakeTimers();
    const client = new AlarmClient({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      token: 'x',
      WebSocket,
      timers,
    });
    client.on('state', (state) => state.name === 'offline' && queueMicrotask(() => timers.pass(state.retryInMs)));
    client.on('page_dropped', ({ page_id }) => t.fail(`${page_id} was not listed`));
    await client.open();

    const answers: Promise<unknown>[] = [];
    for (let n = 0; n < 150; n++) {
      model.disturb();
      if (n % 3 === 0)
        answers.push(client.command('update_alarm', { alarm_id: `a-p${n % 2}`, active: true }, { id: `c${n}` }));
      await new Promise((resolve) => setImmediate(resolve));
    }
    model.isCalm = true;
    await Promise.all(answers);
    // One last numbered update of each page shows whatever was lost at the end; its own answers come behind all of it.
    for (const id of model.pages.keys())
      await client.command('update_alarm', { alarm_id: `a-${id}`, active: true }, { id: `last-${id}` });
    const held = () =>
      Object.fromEntries(
        Array.from(client.store.pages.values(), (one) => [
          one.id,
          { page: one, alarms: client.store.alarmsOf(one.id) },
        ]),
      );
    if (!isSame(held(), model.shown()))
      await new Promise<void>((resolve) => client.on('message', () => isSame(held(), model.shown()) && resolve()));
    t.strictSame(held(), model.shown());
    t.ok(
      [...model.effects.values()].every((count) => count === 1),
      'one effect each',
    );
    t.equal(model.effects.size, answers.length + model.pages.size);
    t.ok(model.cuts > 0, `${model.cuts} cuts`);
    await client.close();
  });
}

const sorted = (state: object): string =>
  JSON.stringify(state, (_, value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort())
      : value,
  );
const isSame = (a: object, b: object): boolean => sorted(a) === sorted(b);
