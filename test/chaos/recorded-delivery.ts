/** Correct histories without a server: random logs, delivered by the server's own delivery to viewers that connect and disconnect, as recorders would note it. */
import type { Sink, Viewer } from '../../src/delivery/hub.js';
import type { RecordedEvent } from '../../src/log/event-log.js';
import type { StateText } from '../../src/net/state-text.js';
import type { LiveState } from '../../src/projections/live-state.js';
import { alarmJson } from '../../src/protocol/views.js';
import { Random } from '../crash/random.js';
import { type Move, recordedOf } from '../projections/random-history.js';
import type { HistoryEvent } from './log-history.js';
import type { AlarmSeen, CommandSent, Entry, Message, PageHeld, Unplaced, ViewerHistory } from './recorded.js';
import { SimulatedNode } from './simulated-node.js';

/** After an event: that a viewer is cut or comes again, that they ask for what they missed of a page, that a node which is behind goes on, that one iterates its event loop. */
const CUT = 0.05;
const SYNC = 0.01;
const GOES_ON = 0.4;
const ITERATES = 0.3;

export interface RecordedRun {
  readonly events: HistoryEvent[];
  readonly viewers: (ViewerHistory & {
    readonly entries: Entry[];
    readonly commands: CommandSent[] /** Connection → number of the node it was to. */;
    readonly nodes: ReadonlyMap<number, number>;
  })[];
}

/** Each user has one viewer. It is cut and reconnects as the seed decides, to any node, with a new state or by resuming, and is connected at the end. */
export function deliver(moves: readonly Move[], seed: number, nodeCount = 1, isSliced = false): RecordedRun {
  const random = new Random(seed);
  const recorded = recordedOf(moves).map(withIdOfItsOwn);
  const seats = new Map<string, Seat>();
  const nodes = Array.from(
    { length: nodeCount },
    (_, at) =>
      new SimulatedNode(
        recorded,
        (topic, text) => {
          for (const seat of seats.values())
            if (seat.viewer && seat.node === at && seat.topics.has(topic)) seat.push(text);
        },
        isSliced,
      ),
  );
  let order = 0;
  const seatOf = (user: string): Seat => new Seat(user, () => ++order);
  recorded.forEach((one, at) => {
    const written = at + 1;
    for (const node of nodes) if (nodeCount === 1 || random.chance(GOES_ON)) node.reach(written);
    if (isSliced) for (const node of nodes) if (random.chance(ITERATES)) node.iterate();
    if (one.event.type === 'UserRegistered') seats.set(one.event.data.user_id, seatOf(one.event.data.user_id));
    for (const seat of seats.values()) {
      if (seat.viewer && random.chance(SYNC)) seat.sync(nodes[seat.node]!, random);
      if (!random.chance(CUT)) continue;
      if (seat.viewer) seat.cut(nodes[seat.node]!);
      else seat.open(nodes, written, random);
    }
  });
  for (const node of nodes) node.reach(recorded.length);
  for (const node of nodes) while (node.iterate());
  for (const seat of seats.values()) if (!seat.viewer) seat.open(nodes, recorded.length, random);
  const events = recorded
    .map(({ position, stream, revision, event, metadata: { by, id, at } }) => ({
      position: Number(position),
      stream,
      revision,
      type: event.type,
      data: asKept(event.data),
      by,
      id,
      at,
    }))
    .filter(({ stream }) => /^(page|group|user)-/.test(stream));
  return {
    events,
    viewers: [...seats.values()].map(({ user, entries, connections }) => ({
      user,
      name: user,
      entries,
      commands: [],
      nodes: connections,
      store: storeOf(nodes[0]!.live, user),
      isWhole: true,
      complaints: [],
    })),
  };
}

/** The place of a client whose link is never slow: it is never held back. */
class Seat implements Sink {
  readonly user: string;
  readonly entries: Entry[] = [];
  readonly connections = new Map<number, number>();
  readonly topics = new Set<string>();
  readonly isHeld = false;
  readonly backlog = 0;
  readonly isSendingState = false;
  readonly #count: () => number;
  /** Page → seq that it has received. */
  readonly #held = new Map<string, number>();
  #connection = 0;
  node = 0;
  viewer: Viewer | undefined;

  constructor(user: string, count: () => number) {
    this.user = user;
    this.#count = count;
  }

  /** A node that is behind goes on to the log's end before it answers. */
  open(nodes: readonly SimulatedNode[], written: number, random: Random): void {
    const isFirst = this.#connection === 0;
    this.#connection += 1;
    this.node = random.between(0, nodes.length - 1);
    this.connections.set(this.#connection, this.node);
    this.topics.clear();
    this.#note({ kind: 'opening' });
    const node = nodes[this.node]!;
    if (isFirst || random.chance(0.3)) {
      node.reach(written);
      this.viewer = node.join(this.user, this);
    } else {
      const id = random.uuid();
      const pages = Object.fromEntries(this.#held);
      this.#note({ kind: 'resume', id, pages });
      node.reach(written);
      this.viewer = node.resume(this.user, this, id, pages);
    }
  }

  cut(node: SimulatedNode): void {
    this.#note({ kind: 'closed', code: 1006 });
    node.leave(this.viewer!, this);
    this.viewer = undefined;
  }

  /** Asks for what it holds already, or a little before it. */
  sync(node: SimulatedNode, random: Random): void {
    const [page, seq] = random.among([...this.#held]) ?? [];
    if (page === undefined || seq === undefined) return;
    const id = random.uuid();
    const from = Math.max(0, seq - random.between(0, 3));
    this.#note({ kind: 'sync', id, page, seq: from });
    node.sync(this.viewer!, this, id, page, from);
  }

  send(text: string): void {
    const message = JSON.parse(text) as Message;
    this.#note({ kind: 'heard', message });
    this.#hold(message);
  }

  push(text: string | StateText): void {
    this.send(typeof text === 'string' ? text : text.join(''));
  }

  write(text: string | StateText): void {
    this.push(text);
  }

  defer(action: () => void): void {
    action();
  }

  hold(): void {}

  release(): void {}

  subscribe(topic: string): void {
    this.topics.add(topic);
  }

  unsubscribe(topic: string): void {
    this.topics.delete(topic);
  }

  #note(entry: Unplaced): void {
    this.entries.push({ ...entry, order: this.#count(), connection: this.#connection } as Entry);
  }

  #hold({ type, payload }: Message): void {
    if (type === 'initial_state') this.#held.clear();
    for (const page of type === 'resumed' ? payload.removed : type === 'page_removed' ? [payload.page_id] : [])
      this.#held.delete(page);
    const pages =
      type === 'initial_state'
        ? payload.pages
        : type === 'resumed'
          ? payload.pages.map(({ page }: { page: unknown }) => page)
          : type === 'page_added' || type === 'page_state'
            ? [payload.page]
            : [];
    for (const { id, seq } of pages) this.#held.set(id, seq);
    if (type === 'alarm_update' || type === 'page_update') this.#held.set(payload.page_id, payload.seq);
  }
}

/** As a log keeps it: as JSON, which has no -0. */
const asKept = (data: unknown): Record<string, unknown> => JSON.parse(JSON.stringify(data)) as Record<string, unknown>;

/** The writer uses ids again after a day; what is done twice within one is judged here. */
const withIdOfItsOwn = (one: RecordedEvent): RecordedEvent => ({
  ...one,
  metadata: { ...one.metadata, id: `command ${one.position}` },
});

function storeOf(live: LiveState, user: string): Map<string, PageHeld> {
  return new Map(
    live.pagesVisibleTo(user).map((page) => {
      const { right } = live.heldOn(page, user);
      const alarms = new Map(
        Array.from(page.alarms, ([id, alarm]) => [id, JSON.parse(alarmJson(alarm)) as AlarmSeen] as const),
      );
      return [
        page.id,
        {
          page: {
            id: page.id,
            name: page.name,
            owner_id: page.owner_id,
            seq: page.seq,
            is_owner: right === 'own',
            can_edit: right !== 'view',
            can_share: right === 'own',
          },
          alarms,
        },
      ];
    }),
  );
}
