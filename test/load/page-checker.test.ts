/**
 * The check of what a socket receives, against a plain model of it: random faults, pings and fragments, in bytes cut at
 * random, by several sockets in turn, so that they lead, follow and leave the reference stream in all ways.
 */
import fc from 'fast-check';
import tap from 'tap';
import { Faults, noFaults } from '../../load/faults.js';
import { PageChecker } from '../../load/page-checker.js';
import { PageViewers } from '../../load/page-viewers.js';
import { SendTimes } from '../../load/send-times.js';

const ALARM = 'an-alarm';
const PAGES = ['page-0', 'page-1'];

/** A server's frame. */
function frame(payload: string, opcode = 1, fin = true): Buffer {
  const bytes = Buffer.from(payload);
  const head = Buffer.from([(fin ? 0x80 : 0) | opcode, 126, bytes.length >> 8, bytes.length & 0xff]);
  return Buffer.concat([head, bytes]);
}

const update = (page: string, seq: number): string =>
  JSON.stringify({
    type: 'alarm_update',
    payload: { alarm_id: ALARM, page_id: page, action: 'triggered', data: { price: seq }, seq },
  });

const state = (pages: readonly string[]): Buffer =>
  frame(JSON.stringify({ type: 'initial_state', payload: { pages: pages.map((id) => ({ id, seq: 0 })), alarms: [] } }));

interface Event {
  readonly page: number;
  readonly seq: number;
}
type Twist = 'drop' | 'double' | 'swap' | 'ping' | 'fragment';

/** What one socket is sent: the events with the twists, each at the event of its index. */
function sent(events: readonly Event[], twists: ReadonlyMap<number, Twist>): { bytes: Buffer; got: Event[] } {
  const got: Event[] = [];
  const frames: Buffer[] = [state(PAGES)];
  const send = (event: Event): void => {
    got.push(event);
    frames.push(frame(update(PAGES[event.page]!, event.seq)));
  };
  let held: Event | undefined;
  events.forEach((event, index) => {
    const twist = twists.get(index);
    if (twist === 'drop') return;
    if (twist === 'swap' && !held) {
      held = event;
      return;
    }
    if (twist === 'ping') frames.push(frame('are you there', 9));
    if (twist === 'fragment') {
      const text = update(PAGES[event.page]!, event.seq);
      got.push(event);
      frames.push(frame(text.slice(0, 20), 1, false), frame('between', 9), frame(text.slice(20), 0, true));
    } else send(event);
    if (twist === 'double') send(event);
    if (held) send(held);
    held = undefined;
  });
  if (held) send(held);
  return { bytes: Buffer.concat(frames), got };
}

/** What should be counted of that, told from the numbers alone. */
function model(events: readonly Event[], got: readonly Event[]): ReturnType<typeof noFaults> {
  const counts = noFaults();
  PAGES.forEach((_id, page) => {
    const seen = new Set<number>();
    let last = 0;
    for (const { seq } of got.filter((event) => event.page === page)) {
      if (seen.has(seq)) counts.duplicates++;
      else if (seq < last) counts.out_of_order++;
      seen.add(seq);
      last = Math.max(last, seq);
    }
    counts.gaps += events.filter((event) => event.page === page).length - seen.size;
  });
  return counts;
}

const histories = fc.record({
  pages: fc.array(fc.nat({ max: PAGES.length - 1 }), { minLength: 1, maxLength: 40 }),
  sockets: fc.array(
    fc.array(fc.tuple(fc.nat({ max: 39 }), fc.constantFrom<Twist>('drop', 'double', 'swap', 'ping', 'fragment')), {
      maxLength: 6,
    }),
    { minLength: 1, maxLength: 4 },
  ),
  /** Which socket gets how many bytes next, mostly less than two frames; the rest follows in one piece. */
  cuts: fc.array(fc.tuple(fc.nat({ max: 3 }), fc.integer({ min: 1, max: 300 })), { maxLength: 200, size: 'max' }),
});

tap.test('each socket is judged by what it got, however it came', async (t) => {
  fc.assert(
    fc.property(histories, ({ pages, sockets, cuts }) => {
      const last = PAGES.map(() => 0);
      const events = pages.map((page): Event => ({ page, seq: ++last[page]! }));
      const pageSet = new PageViewers(PAGES, new Map([[ALARM, 0]]), new SendTimes(1));
      const all = sockets.map((twists, index) => {
        const faults = new Faults();
        const { bytes, got } = sent(events, new Map(twists));
        const triggered: number[] = [];
        const checker = new PageChecker(`socket ${index}`, pageSet, faults, {
          triggered: (_alarm, sentAt) => triggered.push(sentAt),
          ready: () => {},
          answered: () => {},
          ping: () => {},
          closing: () => {},
        });
        return { faults, bytes, got, checker, triggered, at: 0 };
      });
      const give = (socket: (typeof all)[number], length: number): void => {
        // In a larger buffer whose rest is rubbish, as sockets share one.
        const chunk = Buffer.alloc(length + 10, 0xff);
        const copied = socket.bytes.copy(chunk, 0, socket.at, socket.at + length);
        socket.at += copied;
        if (copied) socket.checker.receive(chunk, copied);
        chunk.fill(0xee);
      };
      for (const [index, length] of cuts) give(all[index % all.length]!, length);
      for (const socket of all) give(socket, socket.bytes.length);
      for (const { checker, faults, got, triggered } of all) {
        checker.settle(last);
        t.same(faults.counts, model(events, got));
        const distinct = got.filter(
          (event, index) => got.findIndex(({ page, seq }) => page === event.page && seq === event.seq) === index,
        );
        t.same(
          triggered,
          distinct.map(({ seq }) => seq),
        );
      }
    }),
    { numRuns: 500 },
  );
});

tap.test('a socket that falls out of what is kept is still judged right', async (t) => {
  const pageSet = new PageViewers(['page-0'], new Map([[ALARM, 0]]), new SendTimes(1));
  const faults = new Faults();
  const heard = [0, 0];
  const [quick, slow] = [0, 1].map(
    (n) =>
      new PageChecker(`socket ${n}`, pageSet, faults, {
        triggered: () => heard[n]!++,
        ready: () => {},
        answered: () => {},
        ping: () => {},
        closing: () => {},
      }),
  ) as [PageChecker, PageChecker];
  const count = 150_000;
  const give = (checker: PageChecker, bytes: Buffer): void => checker.receive(bytes, bytes.length);
  give(quick, state(['page-0']));
  give(slow, state(['page-0']));
  const frames = Array.from({ length: count }, (_, n) => frame(update('page-0', n + 1)));
  for (let n = 0; n < count; n += 100) give(quick, Buffer.concat(frames.slice(n, n + 100)));
  const late = Buffer.concat(frames);
  // The first bytes end within a frame.
  give(slow, late.subarray(0, 1_000));
  give(slow, late.subarray(1_000));
  for (const checker of [quick, slow]) checker.settle([count]);
  t.same(heard, [count, count]);
  t.same(faults.counts, noFaults());
});

tap.test('a seq far ahead is a gap of that size', async (t) => {
  const faults = new Faults();
  const pageSet = new PageViewers(['page-0'], new Map(), new SendTimes(0));
  const checker = new PageChecker('socket', pageSet, faults, {
    triggered: () => {},
    ready: () => {},
    answered: () => {},
    ping: () => {},
    closing: () => {},
  });
  const bytes = Buffer.concat([state(['page-0']), frame(update('page-0', 1_000_000_000))]);
  checker.receive(bytes, bytes.length);
  checker.settle([1_000_000_000]);
  t.same(faults.counts, { ...noFaults(), gaps: 999_999_999 });
});
