/** A steady stream of triggers on one alarm, with a fixed number in flight, until it is stopped. */
import type { Desk } from './desk.js';

export interface Load {
  /** Stops it; resolves, when all are answered, to how many there were. */
  stop(): Promise<number>;
}

export function triggerSteadily(desk: Desk, alarmId: string, inFlight = 16): Load {
  let stopped = false;
  let sent = 0;
  const one = async (): Promise<void> => {
    while (!stopped) await desk.must('trigger_alarm', { alarm_id: alarmId, price: ++sent });
  };
  const running = Promise.all(Array.from({ length: inFlight }, one));
  return {
    stop: async () => {
      stopped = true;
      await running;
      return sent;
    },
  };
}
