/**
 * Timers of two nodes over one log: kills, conflicts, appends without an answer, nodes that read late, clocks that are wrong, standstills
 * of minutes and years. TIMER_RUNS: number of histories (a few in the suite; 500 before a release).
 */
import fc from 'fast-check';
import t from 'tap';
import { ackAlarm } from '../../../src/commands/alarms/ack-alarm.js';
import { clearAlarm } from '../../../src/commands/alarms/clear-alarm.js';
import { snoozeAlarm } from '../../../src/commands/alarms/snooze-alarm.js';
import { triggerAlarm } from '../../../src/commands/alarms/trigger-alarm.js';
import { unackAlarm } from '../../../src/commands/alarms/unack-alarm.js';
import { unsnoozeAlarm } from '../../../src/commands/alarms/unsnooze-alarm.js';
import { updateAlarm } from '../../../src/commands/alarms/update-alarm.js';
import type { Command } from '../../../src/commands/command.js';
import { ackPage } from '../../../src/commands/pages/ack-page.js';
import type { Alarm } from '../../../src/domain/alarm.js';
import { deadlineOf, firstDue } from '../../../src/domain/deadlines.js';
import { isAlarmEvent } from '../../../src/domain/events.js';
import { LiveState } from '../../../src/projections/live-state.js';
import { givenNumber } from '../../runner/given-number.js';
import { append, PAGE, TimerNode, type World } from './timer-nodes.js';

const RUNS = givenNumber('TIMER_RUNS', 12);
const START = Date.UTC(2026, 0, 1);
const ALARMS = ['one', 'two', 'three'];
const TICK_MS = 250;
const YEAR_MS = 365 * 86_400_000;

const step = fc.record({
  what: fc.constantFrom(
    'trigger',
    'trigger',
    'ack',
    'unack',
    'clear',
    'snooze',
    'unsnooze',
    'expire',
    'switch on',
    'switch off',
    'ack page',
    'kill',
    'start',
    'lose an answer',
    'stand still',
  ),
  node: fc.nat(1),
  alarm: fc.nat(ALARMS.length - 1),
  /** How long nothing is asked before it, in milliseconds. */
  afterMs: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 3_000 }) },
    { weight: 2, arbitrary: fc.integer({ min: 20_000, max: 70_000 }) },
  ),
  seconds: fc.integer({ min: 1, max: 40 }),
});
const history = fc.record({
  steps: fc.array(step, { minLength: 10, maxLength: 40 }),
  offsets: fc.tuple(fc.integer({ min: -2_500, max: 2_500 }), fc.integer({ min: -2_500, max: 2_500 })),
  jitters: fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
  /** How late each node reads, in ticks. */
  delays: fc.tuple(fc.nat(1), fc.nat(1)),
});
type History = typeof history extends fc.Arbitrary<infer T> ? T : never;
type Step = History['steps'][number];

function begin(world: World): void {
  const stamp = { by: 'olga', via: 'owner', command: 'x', v: 1 };
  const at = new Date(START).toISOString();
  const events = [
    { type: 'PageCreated' as const, data: { name: 'Desk', owner_id: 'olga' } },
    ...ALARMS.map((alarm_id) => ({
      type: 'AlarmCreated' as const,
      data: { alarm_id, ticker: 'EUR/USD', option: '', condition: '', renotify_s: 30, renotify_max: 3 },
    })),
  ];
  append(
    world.log,
    `page-${PAGE}`,
    -1,
    events.map((event, at_) => ({ id: `first-${at_}`, event, metadata: { ...stamp, at, key: `first-${at_}` } })),
  );
}

function commandOf({ what, alarm, seconds }: Step, node: TimerNode, now: number): [Command, unknown] | undefined {
  const alarm_id = ALARMS[alarm] ?? '';
  const id = { alarm_id };
  const upto = node.live.pages.get(PAGE)?.seq ?? 0;
  switch (what) {
    case 'trigger':
      return [triggerAlarm, { ...id, price: seconds }];
    case 'ack':
      return [ackAlarm, { ...id, upto }];
    case 'unack':
      return [unackAlarm, id];
    case 'clear':
      return [clearAlarm, id];
    case 'snooze':
      return [snoozeAlarm, { ...id, for_s: seconds }];
    case 'unsnooze':
      return [unsnoozeAlarm, id];
    case 'expire':
      return [updateAlarm, { ...id, expires_at: new Date(now + 6_000 + 1_000 * seconds).toISOString() }];
    case 'switch on':
      return [updateAlarm, { ...id, active: true }];
    case 'switch off':
      return [updateAlarm, { ...id, active: false }];
    case 'ack page':
      return [ackPage, { page_id: PAGE, upto }];
    default:
      return undefined;
  }
}

/** Runs the history; then both nodes for as long as anything can become due. Returns when, in real time, a node was up. */
function run(world: World, { steps, offsets, jitters, delays }: History): readonly [number, number][] {
  const nodes = [0, 1].map((at) => new TimerNode(world, offsets[at] ?? 0, jitters[at] ?? 0));
  const up: [number, number][] = [];
  let ticks = 0;
  const pass = (ms: number): void => {
    for (const end = world.now + ms; world.now < end; world.now += TICK_MS) {
      ticks += 1;
      nodes.forEach((node, at) => {
        if (!node.isUp) return;
        if (ticks % (1 + (delays[at] ?? 0)) === 0) node.read();
        node.timers?.run();
      });
      if (nodes.some(({ isUp }) => isUp)) up.push([world.now, world.now + TICK_MS]);
    }
  };
  for (const one of steps) {
    pass(one.afterMs);
    const node = nodes[one.node];
    if (!node) continue;
    if (one.what === 'kill') node.kill();
    else if (one.what === 'start') node.start();
    else if (one.what === 'lose an answer') node.losesAnswer = true;
    else if (one.what === 'stand still') {
      for (const each of nodes) each.kill();
      world.now += one.seconds % 4 === 0 ? 3 * YEAR_MS : 60_000 * one.seconds;
      node.start();
    } else if (node.isUp) {
      const asked = commandOf(one, node, world.now);
      if (asked && node.ask(...asked, 'olga') === undefined) {
        node.read();
        node.ask(...asked, 'olga');
      }
    }
  }
  for (const node of nodes) node.start();
  pass(200_000);
  return up;
}

/** What is wrong with the log, as sentences. `slackMs`: by how much the clocks of the nodes differ. */
function faults(world: World, up: readonly [number, number][], slackMs: number): string[] {
  const wrong: string[] = [];
  const live = new LiveState();
  const fired = new Set<string>();
  let triggers = 0;
  let counted = 0;
  const isUpAt = (ms: number): boolean => up.some(([from, to]) => from <= ms && ms < to);
  const alarmsOf = (): Alarm[] => [...(live.pages.get(PAGE)?.alarms.values() ?? [])];
  for (const recorded of world.log) {
    const { event, metadata } = recorded;
    const say = (what: string): unknown => wrong.push(`${recorded.revision} ${event.type} at ${metadata.at}: ${what}`);
    const before = isAlarmEvent(event) ? live.pages.get(PAGE)?.alarms.get(event.data.alarm_id) : undefined;
    const deadline = isAlarmEvent(event) ? deadlineOf(event) : undefined;
    const due = before && firstDue(before);
    if (deadline && before) {
      const key = `${before.id} ${deadline.kind} ${deadline.arm} ${deadline.n}`;
      if (fired.has(key)) say('a second time');
      fired.add(key);
      if (due === undefined || due > Date.parse(metadata.at)) say(`too early, or not the first: due ${due}`);
      const dueMs = due ?? Date.parse(metadata.at);
      const lateMs = Date.parse(metadata.at) - dueMs;
      // Both ends were up: a node was there all the time.
      const wasUp = [0, 500, 1_000, 1_500, 2_000].every(
        (ms) => isUpAt(dueMs + ms + slackMs) && isUpAt(dueMs + ms - slackMs),
      );
      if (wasUp && lateMs > 2_000 + 2 * slackMs) say(`${lateMs} ms late`);
      if (event.type === 'AlarmRenotified' && (before.snoozed || before.occurrence?.stopped))
        say('while it is snoozed or off');
    } else if (before && due !== undefined && due <= Date.parse(metadata.at)) say(`decided while ${due} was overdue`);
    if (event.type === 'PageAcknowledged')
      for (const alarm of alarmsOf()) {
        const first = firstDue(alarm);
        if (first !== undefined && first <= Date.parse(metadata.at)) say(`decided while ${alarm.id} was overdue`);
      }
    const folded = live.fold(recorded);
    if (folded.isVoid) say('void');
    if (event.type === 'AlarmTriggered') {
      triggers += 1;
      // An occurrence that goes on counts one more; another one begins with one.
      const was = before?.occurrence;
      const is = folded.alarm?.occurrence;
      counted += was && is && was.first_seq === is.first_seq ? is.count - was.count : (is?.count ?? 0);
    }
  }
  if (triggers !== counted) wrong.push(`${triggers} triggers, ${counted} counted`);
  const end = world.now - 5_000;
  for (const alarm of alarmsOf()) {
    const due = firstDue(alarm);
    if (due !== undefined && due < end) wrong.push(`${alarm.id} is overdue at the end: ${due}`);
  }
  return wrong;
}

t.test(
  'TIMER-1 TIMER-2 TIMER-3 each deadline takes effect once, in time, and before anything is decided on it',
  async (t) => {
    let deadlines = 0;
    fc.assert(
      fc.property(history, (given) => {
        const world: World = { now: START + 10_000, log: [] };
        begin(world);
        const up = run(world, given);
        const wrong = faults(world, up, Math.max(...given.offsets.map(Math.abs)));
        deadlines += world.log.filter(({ event }) => isAlarmEvent(event) && deadlineOf(event)).length;
        if (wrong.length > 0) throw new Error(wrong.slice(0, 5).join('\n'));
      }),
      { numRuns: RUNS },
    );
    t.comment(`${RUNS} histories, ${deadlines} deadlines`);
    t.ok(deadlines > RUNS, 'deadlines were there');
  },
);
