/** Commands of an alarm's life for the load of chaos runs: acknowledged, snoozed, commented … as its user sees it. */
import type { Order } from '../crash/orders.js';
import type { Random } from '../crash/random.js';
import type { AlarmSeen, PageSeen } from './recorded.js';

const order = (type: string, payload: Readonly<Record<string, unknown>>): Order => ({ type, payload, mark: undefined });

/** Undefined where the user sees no alarm on the page. */
export function chooseLifeOrder(
  random: Random,
  page: PageSeen,
  alarms: readonly AlarmSeen[],
  me: string,
  next: () => number,
): Order | undefined {
  const open = alarms.filter(({ status }) => status?.state === 'open');
  const alarm = random.among(random.chance(0.7) && open.length > 0 ? open : alarms);
  if (!alarm) return undefined;
  const alarm_id = alarm.id;
  const comment = random.chance(0.3) ? { comment: `said ${next()}` } : {};
  const seen = { upto: Math.max(0, page.seq - (random.chance(0.3) ? random.between(1, 5) : 0)) };
  const dice = random.next();
  if (dice < 0.35) return order('ack_alarm', { alarm_id, ...seen, ...comment });
  if (dice < 0.45) return order('ack_page', { page_id: page.id, ...seen, ...comment });
  if (dice < 0.53) return order('unack_alarm', { alarm_id, ...comment });
  if (dice < 0.61) return order('clear_alarm', { alarm_id, ...comment });
  // Longer than a run: what a timer does after the log was read at its end is not in it.
  if (dice < 0.71) return order('snooze_alarm', { alarm_id, for_s: random.between(3_000, 9_000), ...comment });
  if (dice < 0.75) return order('unsnooze_alarm', { alarm_id });
  if (dice < 0.8) return order('assign_alarm', { alarm_id, user_id: random.chance(0.6) ? me : null });
  if (dice < 0.9) return order('comment_alarm', { alarm_id, text: `comment ${next()}\nof two lines` });
  const changes: Readonly<Record<string, unknown>>[] = [
    { note: `note ${next()}` },
    { note: null },
    { mode: 'once' },
    { mode: null, active: true },
    { expires_at: new Date(Date.now() + 3_600_000).toISOString() },
  ];
  return order('update_alarm', { alarm_id, ...random.among(changes) });
}
