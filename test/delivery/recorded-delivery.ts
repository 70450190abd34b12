/** Right histories without a server: random logs, delivered by the gateway's own delivery to viewers who come and go, as recorders would note it. */
import { Audience, type Outlet, type Viewer } from '../../src/gateway/audience.js';
import { Delivery } from '../../src/gateway/delivery.js';
import { PageTail } from '../../src/gateway/page-tail.js';
import { SlowLinks } from '../../src/gateway/slow-links.js';
import type { StateText } from '../../src/gateway/state-text.js';
import type { RecordedEvent } from '../../src/log/event-log.js';
import { LiveState } from '../../src/projections/live-state.js';
import { narrate } from '../../src/projections/narration.js';
import { PageStates } from '../../src/projections/page-states.js';
import { Random } from '../crash/random.js';
import { recordedOf, type Move } from '../projections/random-history.js';
import type { HistoryEvent } from './log-history.js';
import type { AlarmSeen, CommandSent, Entry, Message, PageHeld, ViewerHistory } from './recorded.js';

export interface RecordedRun {
  readonly events: HistoryEvent[];
  readonly viewers: (ViewerHistory & { readonly entries: Entry[]; readonly commands: CommandSent[] })[];
}

interface Seat extends Outlet {
  readonly entries: Entry[];
  readonly topics: Set<string>;
  connection: number;
  viewer: Viewer | undefined;
}

/** Each user has one viewer. He is cut and comes again as the seed has it, and is there at the end. */
export function deliver(moves: readonly Move[], seed: number): RecordedRun {
  const random = new Random(seed);
  const live = new LiveState();
  const seats = new Map<string, Seat>();
  let order = 0;
  const audience = new Audience();
  const hear = (seat: Seat, text: string): unknown => seat.entries.push({ kind: 'heard', order: ++order, connection: seat.connection, message: JSON.parse(text) as Message });
  const publish = (topic: string, text: string): void => {
    for (const seat of seats.values()) if (seat.viewer && seat.topics.has(topic)) hear(seat, text);
  };
  // Nobody resumes here, so nothing is ever read of the past.
  const tail = new PageTail({ ofPage: () => [] });
  const parts = { live, audience, tail, pageStates: new PageStates() };
  const delivery = new Delivery({ ...parts, logId: 'a log', slowLinks: new SlowLinks(parts), publish });
  const open = (user: string, seat: Seat): void => {
    seat.connection += 1;
    seat.topics.clear();
    seat.entries.push({ kind: 'opening', order: ++order, connection: seat.connection });
    seat.viewer = delivery.join(user, seat);
  };
  const recorded = recordedOf(moves).map(withIdOfItsOwn);
  for (const one of recorded) {
    const folded = live.fold(one);
    delivery.onFolded(folded, narrate(live, folded));
    if (one.event.type === 'UserRegistered') {
      seats.set(one.event.data.user_id, seatOf((seat, text) => hear(seat, text)));
    }
    for (const [user, seat] of seats) {
      if (!random.chance(0.05)) continue;
      if (!seat.viewer) open(user, seat);
      else {
        seat.entries.push({ kind: 'closed', order: ++order, connection: seat.connection, code: 1006 });
        audience.leave(seat.viewer, seat);
        seat.viewer = undefined;
      }
    }
  }
  for (const [user, seat] of seats) if (!seat.viewer) open(user, seat);
  const events = recorded.map(({ position, stream, revision, event, metadata: { by, id, at } }) => ({ position: Number(position), stream, revision, type: event.type, data: asKept(event.data), by, id, at })).filter(({ stream }) => /^(page|group)-/.test(stream));
  return { events, viewers: [...seats].map(([user, { entries }]) => ({ user, name: user, entries, commands: [], store: storeOf(live, user), isWhole: true, complaints: [] })) };
}

/** The place of a client whose link is never slow: it is never held back. */
function seatOf(hear: (seat: Seat, text: string) => void): Seat {
  const topics = new Set<string>();
  const say = (text: string | StateText): void => hear(seat, typeof text === 'string' ? text : text.join(''));
  const seat: Seat = {
    entries: [],
    topics,
    connection: 0,
    viewer: undefined,
    send: say,
    push: say,
    write: say,
    defer: (action) => action(),
    hold: () => undefined,
    release: () => undefined,
    isHeld: false,
    backlog: 0,
    subscribe: (topic) => void topics.add(topic),
    unsubscribe: (topic) => void topics.delete(topic),
  };
  return seat;
}

/** As a log keeps it: as JSON, which has no -0. */
const asKept = (data: unknown): Record<string, unknown> => JSON.parse(JSON.stringify(data)) as Record<string, unknown>;

/** The writer uses ids again after a day; what is done twice within one is judged here. */
const withIdOfItsOwn = (one: RecordedEvent): RecordedEvent => ({ ...one, metadata: { ...one.metadata, id: `command ${one.position}` } });

function storeOf(live: LiveState, user: string): Map<string, PageHeld> {
  return new Map(
    live.pagesVisibleTo(user).map((page) => {
      const { right } = live.heldOn(page, user);
      const alarms = new Map<string, AlarmSeen>(page.alarms);
      return [page.id, { page: { id: page.id, name: page.name, owner_id: page.owner_id, seq: page.seq, is_owner: right === 'own', can_edit: right !== 'view', can_share: right === 'own' }, alarms }];
    }),
  );
}
