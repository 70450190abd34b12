/** Compares the rows of a bundle, one after another, with the leaves that its proof is over; names the first that differs, and what was done. */
import { entryOf } from '../../evidence/event-entry.js';
import { leafHash } from '../../evidence/merkle-tree.js';
import { ndjsonLine } from '../../http/audit-records.js';
import { type AuditedEvent, storedTextOf } from '../audited-events.js';
import type { ProvedLeaf } from './proved-leaves.js';

/** How far back a doubled event is looked for, in events. */
const LOOKED_BACK = 1_000;

/** A line of the file; its event undefined if it is none. */
export interface Row {
  readonly line: string;
  readonly event: AuditedEvent | undefined;
}

export interface RowFault {
  /** The first event that differs. */
  readonly index: number;
  readonly sentence: string;
}

const isAt = (row: Row | undefined, leaf: ProvedLeaf | undefined): boolean =>
  row?.event !== undefined &&
  leaf !== undefined &&
  leafHash(entryOf(storedTextOf(row.event), leaf.index)).equals(leaf.hash);

/** `onRow` is called with each event that is the one that was proved. Undefined if all are, and there is none more. */
export function compareRows(
  rows: Iterator<Row, unknown>,
  leaves: Iterator<ProvedLeaf, unknown>,
  onRow: (event: AuditedEvent) => void,
): RowFault | undefined {
  const earlier: ProvedLeaf[] = [];
  for (let at = 0; ; at += 1) {
    const row = next(rows);
    const leaf = next(leaves);
    if (!row && !leaf) return undefined;
    if (!leaf)
      return {
        index: (earlier.at(-1)?.index ?? -1) + 1,
        sentence: `Line ${at + 1} is more than was proved: an event was inserted or doubled at the end.`,
      };
    if (!row) return { index: leaf.index, sentence: `Event ${leaf.index} is missing: the file ends before it.` };
    const { event } = row;
    if (!event || !isAt(row, leaf)) return differenceOf(row, leaf, at, next(rows), next(leaves), earlier);
    const shown = shownFault(event, leaf.index) ?? writtenFault({ line: row.line, event }, at);
    if (shown !== undefined) return { index: leaf.index, sentence: shown };
    onRow(event);
    earlier.push(leaf);
    if (earlier.length > 2 * LOOKED_BACK) earlier.splice(0, LOOKED_BACK);
  }
}

function next<T>(all: Iterator<T, unknown>): T | undefined {
  const { done, value } = all.next();
  return done ? undefined : (value as T);
}

function differenceOf(
  row: Row,
  leaf: ProvedLeaf,
  at: number,
  nextRow: Row | undefined,
  nextLeaf: ProvedLeaf | undefined,
  earlier: readonly ProvedLeaf[],
): RowFault {
  const { index } = leaf;
  const place = row.event ? `${row.event.type}, revision ${row.event.revision} of ${row.event.stream}` : 'no event';
  const where = `line ${at + 1} (${place})`;
  const fault = (sentence: string): RowFault => ({ index, sentence });
  const isNext = isAt(row, nextLeaf);
  const isEarlier = isAt(nextRow, leaf);
  if (isNext && isEarlier) return fault(`Events ${index} and ${nextLeaf?.index} were exchanged.`);
  if (isNext) return fault(`Event ${index} is missing: in its place, on ${where}, is event ${nextLeaf?.index}.`);
  const doubled = earlier.findLast((one) => isAt(row, one));
  if (doubled) return fault(`Event ${doubled.index} is there again, on ${where}, where event ${index} belongs.`);
  if (isEarlier) return fault(`Before event ${index} one was inserted that was not proved: ${where}.`);
  return fault(`Event ${index} was altered: ${where} is not what was signed.`);
}

/** What a row says for readers must be what it says was stored. */
function shownFault(event: AuditedEvent, index: number): string | undefined {
  if (event.index !== index) return `Event ${index} was altered: it says that it is event ${event.index}.`;
  const { at, by, v } = parsed(event.storedMetadata);
  if (event.at !== at || event.by !== by || event.v !== v)
    return `Event ${index} was altered: its at, by or v is not what was stored.`;
  if (!isShown(event.data, parsed(event.storedData)))
    return `Event ${index} was altered: the data that it shows are not those that were stored.`;
  return undefined;
}

/**
 * The line must be the one that a server writes, byte for byte. Otherwise a field could be there twice, and readers that take the first of
 * the two would see another event than this program.
 */
function writtenFault(
  { line, event }: { readonly line: string; readonly event: AuditedEvent },
  at: number,
): string | undefined {
  const { index, data } = event;
  const written = ndjsonLine({ index, text: storedTextOf(event) }, () => JSON.stringify(data));
  return `${line}\n` === written
    ? undefined
    : `Event ${index} was altered: line ${at + 1} is not as a server writes it. It has a field twice or one more, or other spaces.`;
}

/** Whether the event has free text, which is stored sealed: what is shown of it is not proved. */
export const hasSealed = ({ storedData }: AuditedEvent): boolean => storedData.includes('{"sealed":"');

/** Free text is stored sealed, and shown as text, or as null if it was erased. */
function isShown(shown: unknown, stored: unknown): boolean {
  if (typeof stored !== 'object' || stored === null) return shown === stored;
  const fields = Object.keys(stored);
  if ((typeof shown === 'string' || shown === null) && fields.length === 1 && fields[0] === 'sealed') return true;
  if (typeof shown !== 'object' || shown === null || Array.isArray(shown) !== Array.isArray(stored)) return false;
  const of = (value: object, field: string): unknown => (value as Readonly<Record<string, unknown>>)[field];
  return (
    JSON.stringify(Object.keys(shown)) === JSON.stringify(fields) &&
    fields.every((field) => isShown(of(shown, field), of(stored, field)))
  );
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return (JSON.parse(text) as Record<string, unknown> | null) ?? {};
  } catch {
    return {};
  }
}
