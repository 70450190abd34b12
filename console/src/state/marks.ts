/** What was triggered while this tab looked on: when a row flashes, and the sound. */
import { signal } from '@preact/signals';
import { ring } from './sound.js';

export interface Mark {
  /** Grows with each flash. */
  readonly flashes: number;
  /** When it last flashed, ms since the page was opened. */
  readonly flashedAt: number;
  /** Nobody has looked at it since. Only for alarms of a server without acknowledgements. */
  readonly isNew: boolean;
}

/** More than three flashes a second can cause seizures (WCAG 2.3.1). */
const SHORTEST_MS = 334;

const marks = new Map<string, Mark>();
/** Changes when a mark was taken away by hand. */
export const marksSeen = signal(0);

export const markOf = (alarmId: string): Mark | undefined => marks.get(alarmId);

export function triggered(alarmId: string): void {
  const at = performance.now();
  const { flashes = 0, flashedAt = Number.NEGATIVE_INFINITY } = marks.get(alarmId) ?? {};
  const flash = at - flashedAt >= SHORTEST_MS;
  marks.set(alarmId, {
    flashes: flash ? flashes + 1 : flashes,
    flashedAt: flash ? at : flashedAt,
    isNew: true,
  });
  ring();
}

/** The person has looked at it. */
export function seen(alarmId: string): void {
  const mark = marks.get(alarmId);
  if (!mark?.isNew) return;
  marks.set(alarmId, { ...mark, isNew: false });
  marksSeen.value += 1;
}

export const forgetMarks = (): void => marks.clear();
