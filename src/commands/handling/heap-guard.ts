/**
 * Refuses to create more when the heap is nearly full. All state is held in memory, and a full heap ends the process and every
 * restart after it. Existing entities can still be deleted, triggered and read.
 */
import { getHeapStatistics } from 'node:v8';
import type { DomainEvent } from '../../domain/events.js';
import { type Refusal, refuse } from '../../domain/refusals.js';

/** Fraction of V8's heap limit up to which entities may be created. */
export const HEAP_FRACTION = 0.8;

/** A reading is valid for this many milliseconds and this many creations; those between two readings need far less than the rest of the heap. */
const READING_MS = 100;
const READING_CREATIONS = 500;

export interface HeapReading {
  /** Bytes in use, garbage included. V8 collects garbage before the heap is 80 % full unless about 60 % is live. */
  readonly used: number;
  /** Bytes at which V8 ends the process: --max-old-space-size. */
  readonly limit: number;
}

export interface HeapGuardOptions {
  /** Called when the heap becomes nearly full, and when there is space again. */
  readonly onChange?: (isFull: boolean) => void;
  readonly read?: () => HeapReading;
  /** A monotonic clock, in milliseconds. */
  readonly now?: () => number;
}

const readHeap = (): HeapReading => {
  const { used_heap_size, heap_size_limit } = getHeapStatistics();
  return { used: used_heap_size, limit: heap_size_limit };
};

export class HeapGuard {
  readonly #options: Required<HeapGuardOptions>;
  #isFull = false;
  #readAt = -Infinity;
  #creations = 0;

  constructor({ onChange = () => undefined, read = readHeap, now = () => performance.now() }: HeapGuardOptions = {}) {
    this.#options = { onChange, read, now };
  }

  /** As of the last reading. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Whether one more entity may be created. */
  allows(): boolean {
    this.#creations += 1;
    const now = this.#options.now();
    if (now - this.#readAt >= READING_MS || this.#creations >= READING_CREATIONS) this.#look(now);
    return !this.#isFull;
  }

  #look(now: number): void {
    this.#readAt = now;
    this.#creations = 0;
    const { used, limit } = this.#options.read();
    const isFull = used > HEAP_FRACTION * limit;
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    this.#options.onChange(isFull);
  }
}

/** Whether the event adds to the state. Changes of existing entities are not counted, because their fields are bounded. */
export function makesMore(event: DomainEvent): boolean {
  switch (event.type) {
    case 'PageCreated':
    case 'AlarmCreated':
    case 'GroupCreated':
    case 'GroupMemberAdded':
    case 'UserRegistered':
      return true;
    case 'PageShared':
      return event.data.can_view || event.data.can_edit;
    case 'PageRenamed':
    case 'PageDeleted':
    case 'PageLeft':
    case 'PageTransferred':
    case 'PageAcknowledged':
    case 'AlarmUpdated':
    case 'AlarmTriggered':
    case 'AlarmDeleted':
    case 'AlarmAcknowledged':
    case 'AlarmUnacknowledged':
    case 'AlarmCleared':
    case 'AlarmAssigned':
    case 'AlarmCommented':
    case 'AlarmSnoozed':
    case 'AlarmUnsnoozed':
    case 'AlarmExpired':
    case 'AlarmRenotified':
    case 'GroupMemberRemoved':
    case 'GroupRenamed':
    case 'GroupDeleted':
    case 'GroupTransferred':
    case 'PasswordChanged':
    case 'SessionEnded':
    case 'RoleGranted':
    case 'RoleRevoked':
    case 'UserDeactivated':
    case 'UserReactivated':
    case 'PasswordResetIssued':
    case 'SessionStarted':
    case 'AccessTokenCreated':
    case 'AccessTokenDeleted':
    case 'AuditRead':
    case 'UserTextsErased':
    case 'InvitationIssued':
    case 'InvitationUsed':
    case 'CommandDenied':
    case 'DenialsSummarised':
    case 'LogCreated':
    case 'LogRestored':
      return false;
  }
}

export const heapFull: Refusal = refuse(
  'limit_reached',
  "The server's memory is nearly full: nothing can be created until something is deleted. Deleting, triggering and reading still work",
  { limit: HEAP_FRACTION },
);
