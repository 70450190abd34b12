/** The timers of this node's alarms, from its live state on. */
import type { CommandHandler } from '../../commands/handling/handler.js';
import type { EventLog } from '../../log/event-log.js';
import type { Projection } from '../../projections/projection.js';
import { Timers } from './timers.js';

export function alarmTimers(projection: Projection, { isShared }: EventLog, handling: CommandHandler): Timers {
  const timers = new Timers({
    live: projection.live,
    at: () => projection.clock.at(),
    isShared,
    settle: (alarmId, done) => handling.settleAlarm(alarmId, done),
  });
  projection.listen((folded) => timers.onFolded(folded));
  return timers;
}
