/** Alarms of one owner that are told again too often wait for their slot; nobody else's do, and no other deadline. */
import t from 'tap';
import { overdueEvent } from '../../../src/domain/deadlines.js';
import type { DomainEvent } from '../../../src/domain/events.js';
import { refuse } from '../../../src/domain/refusals.js';
import { pageStream } from '../../../src/domain/streams.js';
import { RenotificationBudget } from '../../../src/processes/timers/renotification-budget.js';
import { Timers } from '../../../src/processes/timers/timers.js';
import { LiveState } from '../../../src/projections/live-state.js';
import { Recording } from '../../domain/recording.js';

const START = Date.UTC(2026, 5, 1);

/** A desk with open alarms that are told again every 30 s, and the timers of one node over it. */
class Desk {
  readonly live = new LiveState();
  readonly #recording = new Recording();
  readonly timers: Timers;
  nowMs = START;
  /** How often each alarm was told again. */
  readonly told = new Map<string, number>();
  mayWrite = true;

  constructor(perSecond: number, alarms: Readonly<Record<string, number>>) {
    for (const [owner, count] of Object.entries(alarms)) {
      this.fold(owner, owner, { type: 'PageCreated', data: { name: 'Desk', owner_id: owner } });
      for (let at = 0; at < count; at += 1) {
        const alarm_id = `${owner} ${at}`;
        const texts = { ticker: 'EUR/USD', option: '', condition: '' };
        this.fold(owner, owner, {
          type: 'AlarmCreated',
          data: { alarm_id, ...texts, renotify_s: 30, renotify_max: 100 },
        });
        this.fold(owner, owner, { type: 'AlarmTriggered', data: { alarm_id, price: 1 } });
      }
    }
    const quota = (): ReturnType<typeof refuse> | undefined =>
      this.mayWrite ? undefined : refuse('rate_limited', 'used up', { retry_after_ms: 10 });
    this.timers = new Timers({
      live: this.live,
      at: () => new Date(this.nowMs).toISOString(),
      isShared: false,
      settle: (alarmId, done) => {
        const alarm = this.live.pageOfAlarm(alarmId)?.alarms.get(alarmId);
        const event = alarm && overdueEvent(alarm, new Date(this.nowMs).toISOString());
        if (event) this.fold(alarmId.slice(0, alarmId.indexOf(' ')), 'system', event);
        if (event?.type === 'AlarmRenotified') this.told.set(alarmId, (this.told.get(alarmId) ?? 0) + 1);
        done('nothing_to_do');
      },
      budget: new RenotificationBudget({ perSecond, quota, now: () => this.nowMs }),
    });
  }

  fold(page: string, by: string, event: DomainEvent): void {
    const at = new Date(this.nowMs).toISOString();
    const folded = this.live.fold(this.#recording.record(pageStream(page), by, event, { at }));
    this.timers?.onFolded(folded);
  }

  /** Lets this time pass, in seconds. */
  pass(seconds: number): void {
    for (const end = this.nowMs + 1_000 * seconds; this.nowMs < end; this.nowMs += 250) this.timers.run();
  }

  toldOf(owner: string): number {
    return [...this.told].reduce((sum, [id, times]) => sum + (id.startsWith(`${owner} `) ? times : 0), 0);
  }
}

t.test(
  'TIMER-5 what is beyond an owner’s rate waits for its slot, is told once then, and others do not notice',
  async (t) => {
    // At most 40 at once, then one a second: 500 alarms at 30 s would be 16 a second.
    const desk = new Desk(1, { olga: 500, pete: 20 });
    desk.pass(31);
    t.equal(desk.toldOf('olga'), 40);
    t.equal(desk.toldOf('pete'), 20);
    t.equal(desk.timers.counts.held, 460);
    t.equal(desk.timers.counts.late, 0);
    desk.pass(600);
    t.equal(desk.toldOf('pete'), 20 * 21, 'every 30 s');
    t.ok(desk.toldOf('olga') >= 600 && desk.toldOf('olga') <= 645, `one a second: ${desk.toldOf('olga')}`);
    t.ok(
      Array.from({ length: 500 }, (_, at) => desk.told.get(`olga ${at}`) ?? 0).every((times) => times >= 1),
      'each has had its slot',
    );
  },
);

t.test('TIMER-5 a snooze that ends and an expiry do not wait', async (t) => {
  const desk = new Desk(0.025, { olga: 3 });
  desk.pass(31);
  t.equal(desk.toldOf('olga'), 1);
  t.equal(desk.timers.counts.held, 2);
  const until = new Date(desk.nowMs + 5_000).toISOString();
  desk.fold('olga', 'olga', { type: 'AlarmUpdated', data: { alarm_id: 'olga 1', expires_at: until } });
  desk.fold('olga', 'olga', { type: 'AlarmSnoozed', data: { alarm_id: 'olga 2', until } });
  t.equal(desk.timers.counts.held, 1, 'a snoozed alarm is not told again');
  desk.pass(6);
  const alarmOf = (id: string) => desk.live.pageOfAlarm(id)?.alarms.get(id);
  t.equal(alarmOf('olga 1')?.active, false);
  t.equal(alarmOf('olga 2')?.snoozed, undefined);
  t.equal(desk.timers.counts.held, 0);
});

t.test('TIMER-5 while the owner may write no more nothing is told again, and all of it once afterwards', async (t) => {
  const desk = new Desk(Infinity, { olga: 5 });
  desk.mayWrite = false;
  desk.pass(120);
  t.equal(desk.toldOf('olga'), 0);
  t.equal(desk.timers.counts.held, 5);
  desk.mayWrite = true;
  desk.pass(2);
  t.equal(desk.toldOf('olga'), 5);
  t.equal(desk.timers.counts.held, 0);
});
