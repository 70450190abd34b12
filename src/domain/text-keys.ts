/** Whose free text the log holds, and up to which of their keys it was erased. */
import type { DomainEvent } from './events.js';
import { partsOf, type Sealed } from './free-text.js';

export interface TextKeyState {
  /** Revision of the newest key that a text was written with; -1: none. */
  readonly used: number;
  /** Texts written with keys up to this revision are erased; -1: none. */
  readonly erased: number;
}

const NONE: TextKeyState = { used: -1, erased: -1 };

export class TextKeys {
  readonly #states = new Map<string, TextKeyState>();

  /** By user id. */
  get states(): ReadonlyMap<string, TextKeyState> {
    return this.#states;
  }

  of(userId: string): TextKeyState {
    return this.#states.get(userId) ?? NONE;
  }

  set(userId: string, state: TextKeyState): void {
    this.#states.set(userId, state);
  }

  /** Notes a text that an event has. Returns its author if their state has changed. */
  written({ sealed }: Sealed): string | undefined {
    const parts = partsOf(sealed);
    if (!parts) return undefined;
    const before = this.of(parts.userId);
    if (before.used >= parts.key) return undefined;
    this.#states.set(parts.userId, { ...before, used: parts.key });
    return parts.userId;
  }

  /** All texts with the user's keys up to this one are erased. */
  erased(userId: string, key: number): void {
    const before = this.of(userId);
    this.#states.set(userId, { ...before, erased: Math.max(before.erased, key) });
  }
}

/** The event's own free text; undefined if it has none. */
export function textOf(event: DomainEvent): Sealed | undefined {
  switch (event.type) {
    case 'AlarmTriggered':
      return undefined;
    case 'AlarmCreated':
    case 'AlarmUpdated':
      return event.data.note ?? undefined;
    case 'AlarmCommented':
      return event.data.text;
    case 'AlarmAcknowledged':
    case 'AlarmUnacknowledged':
    case 'AlarmCleared':
    case 'AlarmSnoozed':
    case 'PageAcknowledged':
      return event.data.comment;
    default:
      return undefined;
  }
}
