/** The timers of this node's alarms, from its live state on. */
import type { CommandHandler } from '../../commands/handling/handler.js';
import type { WriteQuota } from '../../commands/handling/write-quota.js';
import type { EventLog } from '../../log/event-log.js';
import type { Projection } from '../../projections/projection.js';
import { RenotificationBudget } from './renotification-budget.js';
import { Timers } from './timers.js';

export interface AlarmTimersParts {
  readonly projection: Projection;
  readonly log: Pick<EventLog, 'isShared'>;
  readonly handling: CommandHandler;
  readonly quota: WriteQuota;
  readonly limits: { readonly renotificationsPerSecond: number };
}

export function alarmTimers({ projection, log, handling, quota, limits }: AlarmTimersParts): Timers {
  const timers = new Timers({
    live: projection.live,
    at: () => projection.clock.at(),
    isShared: log.isShared,
    settle: (alarmId, done) => handling.settleAlarm(alarmId, done),
    budget: new RenotificationBudget({
      perSecond: limits.renotificationsPerSecond,
      quota: (userId) => quota.refusal(userId),
    }),
  });
  projection.listen((folded) => timers.onFolded(folded));
  return timers;
}
