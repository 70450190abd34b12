/** Judges what consumers of a subscription were told, from the log alone: it knows nothing of how the server keeps places. */
import type { Position, RecordedEvent } from '../../src/log/event-log.js';

/** An answer to a read, as a consumer took it. */
export interface Told {
  readonly partition: number;
  /** The highest cursor of the partition that was known to be acknowledged when the read was sent, as a position. */
  readonly acknowledged: bigint;
  /** Where the read began, if it was asked for ahead. */
  readonly after: bigint | undefined;
  readonly events: readonly { readonly page: string; readonly seq: number; readonly position: bigint }[];
  readonly scopes: readonly { readonly lost?: string; readonly gained?: string; readonly seq?: number }[];
  readonly next: bigint;
  /** What the node had folded when it answered. */
  readonly folded: bigint;
}

/** A change of who sees a page: from this position on. */
interface Change {
  readonly position: bigint;
  readonly isVisible: boolean;
}

/** What somebody could see of each page, by the log alone: pages are another user's, and are granted to them directly. */
export class Judge {
  readonly #changes = new Map<string, Change[]>();
  /** Events by page. */
  readonly #events = new Map<string, { readonly seq: number; readonly position: bigint }[]>();

  constructor(events: readonly RecordedEvent[], reader: string) {
    for (const { stream, event, revision, position } of events) {
      if (!stream.startsWith('page-')) continue;
      const page = stream.slice(5);
      const at = BigInt(position);
      this.#events.set(page, [...(this.#events.get(page) ?? []), { seq: revision, position: at }]);
      if (event.type === 'PageShared' && event.data.subject_id === reader)
        this.#changes.set(page, [...(this.#changes.get(page) ?? []), { position: at, isVisible: event.data.can_view }]);
    }
  }

  get pages(): string[] {
    return [...this.#events.keys()];
  }

  /** Whether the page is visible after everything up to `position`. */
  isVisible(page: string, position: bigint): boolean {
    return (this.#changes.get(page) ?? []).reduce(
      (is, change) => (change.position <= position ? change.isVisible : is),
      false,
    );
  }

  /** Faults in one answer, as sentences. */
  faultsOf(told: Told): string[] {
    const faults: string[] = [];
    let last = -1n;
    for (const { page, seq, position } of told.events) {
      if (position <= last) faults.push(`${page} ${seq} is not in log order`);
      last = position;
      if (position <= told.acknowledged) faults.push(`${page} ${seq} was acknowledged before`);
      if (told.after !== undefined && position <= told.after)
        faults.push(`${page} ${seq} is before what was asked for`);
      if (position > told.next) faults.push(`${page} ${seq} is after next`);
      if (!this.isVisible(page, told.folded)) faults.push(`${page} ${seq} is foreign`);
      const real = this.#events.get(page)?.[seq];
      if (real?.position !== position) faults.push(`${page} ${seq} is not that event`);
    }
    if (told.next < told.acknowledged) faults.push(`next ${told.next} is before what was acknowledged`);
    return faults;
  }

  /** Events of pages that are visible in the end and were neither told nor in the history that a gain refers to. */
  lost(all: readonly Told[]): string[] {
    const told = new Set<string>();
    const gained = new Map<string, number>();
    for (const { events, scopes } of all) {
      for (const { page, seq } of events) told.add(`${page} ${seq}`);
      for (const { gained: page, seq = -1 } of scopes)
        if (page !== undefined) gained.set(page, Math.max(gained.get(page) ?? -1, seq));
    }
    const end = 2n ** 62n;
    return this.pages
      .filter((page) => this.isVisible(page, end))
      .flatMap((page) =>
        (this.#events.get(page) ?? [])
          .filter(({ seq }) => !told.has(`${page} ${seq}`) && seq > (gained.get(page) ?? -1))
          .map(({ seq }) => `${page} ${seq}`),
      );
  }
}

export const positionOf = (cursor: string): bigint => BigInt(cursor.replace(/^.*\.[a-z]/, '') as Position);
