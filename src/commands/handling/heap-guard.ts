/**
 * Tells when nothing more may be made, because the heap is nearly full: all that exists is held in memory, and a heap that is full
 * ends the process, and every start after it. What is there can be deleted, triggered and read.
 */
import { getHeapStatistics } from 'node:v8';
import type { DomainEvent } from '../../domain/events.js';
import { type Refusal, refuse } from '../../domain/refusals.js';

/** Part of V8's heap limit up to which more may be made. */
export const HEAP_FRACTION = 0.8;

/** How long a reading is good for, in milliseconds, and for how many creations: what comes between two of them is far less than the rest of a heap. */
const READING_MS = 100;
const READING_CREATIONS = 500;

export interface HeapReading {
  /** Bytes in use, garbage included. V8 collects it before the heap is 80 % full unless about 60 % is live. */
  readonly used: number;
  /** Bytes at which V8 gives up: --max-old-space-size. */
  readonly limit: number;
}

export interface HeapGuardOptions {
  /** Told when the heap gets too full, and when there is room again. */
  readonly onChange?: (isFull: boolean) => void;
  readonly read?: () => HeapReading;
  /** Milliseconds of a clock that never goes back. */
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

  /** As it was at the last reading. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Whether one more thing may be made. */
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

/** Whether the event makes what exists larger; a change of what is there is not counted, since its fields have bounds. */
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
    case 'AlarmUpdated':
    case 'AlarmTriggered':
    case 'AlarmDeleted':
    case 'GroupMemberRemoved':
    case 'PasswordChanged':
    case 'SessionEnded':
    case 'LogCreated':
    case 'LogRestored':
      return false;
  }
}

export const heapFull: Refusal = refuse(
  'limit_reached',
  "The server's memory is nearly full: nothing more is made until something is deleted. Deleting, triggering and reading go on",
  { limit: HEAP_FRACTION },
);
