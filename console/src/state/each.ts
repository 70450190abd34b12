/** Does the same to several alarms: what fails is said in one sentence, with the first reason. */
import type { Alarm } from '@alarm-server/client';
import { reason } from './acknowledging.js';
import { plural } from './format.js';
import { counted } from './live.js';
import { patiently } from './patience.js';
import { tell } from './ui.js';

/** Commands on their way at once. */
const AT_ONCE = 32;

/**
 * `done`: what has become of them, in a word. `work` gets an id for its command, the same where the server asks to try again. Resolves
 * with the alarms that were refused.
 */
export async function toEach(
  alarms: readonly Alarm[],
  done: string,
  work: (alarm: Alarm, commandId: string) => Promise<unknown>,
): Promise<readonly Alarm[]> {
  const failed: { readonly alarm: Alarm; readonly error: unknown }[] = [];
  const waiting = [...alarms].reverse();
  const take = async (): Promise<void> => {
    for (let alarm = waiting.pop(); alarm; alarm = waiting.pop()) {
      const [one, id] = [alarm, crypto.randomUUID()];
      await patiently(() => counted(work(one, id))).catch((error: unknown) => failed.push({ alarm: one, error }));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, take));
  const times = alarms.length - failed.length;
  const [first] = failed;
  if (!first) tell(`${plural(times, 'alarm')} ${done}.`);
  else
    tell(
      `${plural(times, 'alarm')} ${done}, ${failed.length} not. ${first.alarm.ticker}: ${reason(first.error)}`,
      true,
    );
  return failed.map(({ alarm }) => alarm);
}
