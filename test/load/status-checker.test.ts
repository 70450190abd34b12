/** What the load tool notices of alarms' statuses that do not follow from their events. */
import t from 'tap';
import { Faults } from '../../load/faults.js';
import type { AlarmStatus, PageEvent } from '../../load/messages.js';
import { StatusChecker } from '../../load/status-checker.js';

type Step = readonly [seq: number, change: string | undefined, status: AlarmStatus];

const open = (first_seq: number, last_seq: number, count: number, upto?: number): AlarmStatus => ({
  ...{ state: 'open', first_seq, last_seq, count },
  ...(upto === undefined ? {} : { ack: { upto } }),
});
const acknowledged = (first_seq: number, last_seq: number, count: number, upto = last_seq): AlarmStatus => ({
  ...open(first_seq, last_seq, count, upto),
  state: 'acknowledged',
});

/** Number of faults, and the first in words. */
function judged(...steps: readonly Step[]): { readonly count: number; readonly why: string } {
  const faults = new Faults();
  const checker = new StatusChecker(faults);
  for (const [seq, change, status] of steps) {
    const event: PageEvent = {
      ...{ kind: 'event', page: 'p', seq, price: undefined, alarm: 'a', change, status },
      triggered: change === undefined ? 'a' : undefined,
    } as PageEvent;
    checker.take(event, seq);
  }
  const { counts, examples } = faults;
  return { count: counts.statuses, why: examples[0] ?? '' };
}

t.test('what follows from its events is no fault', async (t) => {
  const steps: readonly Step[] = [
    [1, undefined, open(1, 1, 1)],
    [3, undefined, open(1, 3, 2)],
    [4, 'acknowledged', open(1, 3, 2, 1)],
    [6, 'triggered_quietly', open(1, 6, 3, 1)],
    [7, 'acknowledged', acknowledged(1, 6, 3)],
    [9, undefined, open(9, 9, 1)],
  ];
  t.same(judged(...steps), { count: 0, why: '' });
});

const wrong: Readonly<Record<string, { readonly steps: readonly Step[]; readonly why: RegExp }>> = {
  'an acknowledgement swallows a trigger after it': {
    steps: [
      [1, undefined, open(1, 1, 1)],
      [3, undefined, open(1, 3, 2)],
      [4, 'acknowledged', acknowledged(1, 3, 2, 1)],
    ],
    why: /makes it open/,
  },
  'an acknowledgement of what is no trigger': {
    steps: [
      [1, undefined, open(1, 1, 1)],
      [3, undefined, open(1, 3, 2)],
      [4, 'acknowledged', open(1, 3, 2, 2)],
    ],
    why: /is no trigger of it/,
  },
  'a trigger that is not counted': {
    steps: [
      [1, undefined, open(1, 1, 1)],
      [2, undefined, open(1, 2, 1)],
    ],
    why: /it had 1 triggers/,
  },
  'a trigger of an acknowledged occurrence that does not begin a new one': {
    steps: [
      [1, undefined, open(1, 1, 1)],
      [2, 'acknowledged', acknowledged(1, 1, 1)],
      [3, undefined, open(1, 3, 2, 1)],
    ],
    why: /does not begin with this trigger/,
  },
  'a second acknowledgement of the same': {
    steps: [
      [1, undefined, open(1, 1, 1)],
      [2, 'acknowledged', acknowledged(1, 1, 1)],
      [3, 'acknowledged', acknowledged(1, 1, 1)],
    ],
    why: /where nothing was to/,
  },
};

for (const [what, { steps, why }] of Object.entries(wrong))
  t.test(what, async (t) => {
    const found = judged(...steps);
    t.equal(found.count, 1);
    t.match(found.why, why);
  });
