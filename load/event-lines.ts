/** What GET /events and subscriptions give, as much of it as is checked. */

export interface EventRecord {
  readonly page: string;
  readonly seq: number;
  readonly cursor: string;
  /** The alarm that was triggered; undefined for any other event. */
  readonly triggered: string | undefined;
  /** The trigger's price. */
  readonly price: number | undefined;
}

interface WireRecord {
  readonly cursor?: string;
  readonly type?: string;
  readonly page_id?: string;
  readonly seq?: number;
  readonly data?: { readonly id?: string; readonly price?: number };
}

export type EventLine =
  | { readonly kind: 'record'; readonly record: EventRecord }
  | { readonly kind: 'mark'; readonly cursor: string; readonly isCaughtUp: boolean }
  | { readonly kind: 'scope'; readonly text: string };

/** Throws an error with a sentence where it is no record. */
export function readRecord({ cursor, type, page_id: page, seq, data }: WireRecord): EventRecord {
  if (typeof cursor !== 'string' || typeof page !== 'string' || typeof seq !== 'number')
    throw new Error('an event without cursor, page_id or seq');
  const isTrigger = type === 'AlarmTriggered';
  return { page, seq, cursor, triggered: isTrigger ? data?.id : undefined, price: isTrigger ? data?.price : undefined };
}

/** Lines that were read last: followers of the same pages get the same ones. */
const KEPT = 512;

/** Reads lines; each text once where it comes again soon. */
export class EventLines {
  readonly #read = new Map<string, EventLine>();

  /** Throws an error with a sentence where it is none. */
  read(text: string): EventLine {
    const known = this.#read.get(text);
    if (known) return known;
    const line = lineOf(text);
    if (this.#read.size >= KEPT) this.#read.clear();
    this.#read.set(text, line);
    return line;
  }
}

function lineOf(text: string): EventLine {
  let json: WireRecord & { mark?: { cursor: string; caught_up: boolean }; scope?: unknown };
  try {
    json = JSON.parse(text) as typeof json;
  } catch {
    throw new Error('a line that is not JSON');
  }
  if (json.mark) return { kind: 'mark', cursor: json.mark.cursor, isCaughtUp: json.mark.caught_up };
  if (json.scope) return { kind: 'scope', text };
  return { kind: 'record', record: readRecord(json) };
}

/** Negative if `a` is before `b`: cursors of one log. */
export function compareCursors(a: string, b: string): number {
  const [one, other] = [positionIn(a), positionIn(b)];
  return one.length - other.length || (one < other ? -1 : one > other ? 1 : 0);
}

const positionIn = (cursor: string): string => cursor.slice(cursor.lastIndexOf('.') + 2);
