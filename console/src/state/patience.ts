/** Waits where the server asks for it: many requests at once are more than a user may send in a second. */
import { AlarmServerError } from '@alarm-server/client';

/** How often the same is asked at most. */
const ATTEMPTS = 30;

/** Runs `work` again as often as it is refused with a time to wait. Rejects with any other error. */
export async function patiently<Value>(work: () => Promise<Value>): Promise<Value> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const waitMs = error instanceof AlarmServerError ? error.retryAfterMs : undefined;
      if (waitMs === undefined || attempt === ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }
}
