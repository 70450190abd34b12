/** Decides a command whose right depends on the alarm: its own acknowledgement or assignment needs less. */

import type { Alarm } from '../../domain/alarm.js';
import { denied, includes, rightFor } from '../../domain/authorization.js';
import type { AlarmEvent } from '../../domain/events.js';
import type { Page } from '../../domain/page.js';
import { notFound, type Refusal } from '../../domain/refusals.js';
import type { Circumstances } from '../command.js';

/** The event, or why it is refused: the alarm is missing, the actor's right is not enough, or `whyNot` says so. */
export function onAlarm<Event extends AlarmEvent>(
  event: Event,
  page: Page,
  { by, live }: Circumstances,
  whyNot: (alarm: Alarm) => Refusal | undefined,
): Event | Refusal {
  const alarm = page.alarms.get(event.data.alarm_id);
  if (!alarm) return notFound('alarm');
  const needed = rightFor(event, alarm, { by });
  return includes(live.heldOn(page, by).right, needed) ? (whyNot(alarm) ?? event) : denied(needed);
}
