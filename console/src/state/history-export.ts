/** The history as a file: NDJSON for programs, CSV for spreadsheets. Pure. */
import type { HistoryEvent } from '@alarm-server/client';

/** One JSON object a line, as the server sent it. */
export const toNdjson = (events: readonly HistoryEvent[]): string =>
  events.map((event) => `${JSON.stringify(event)}\n`).join('');

const COLUMNS = [
  'seq',
  'type',
  'at',
  'by',
  'alarm_id',
  'ticker',
  'option',
  'condition',
  'active',
  'price',
  'void',
  'change',
  'quiet',
  'comment',
] as const;

/** RFC 4180, with a heading; lines end with CR LF. */
export function toCsv(events: readonly HistoryEvent[]): string {
  const lines = events.map((event) => {
    const { data } = event;
    const isAlarm = event.type.startsWith('Alarm');
    const values: Readonly<Record<(typeof COLUMNS)[number], unknown>> = {
      seq: event.seq,
      type: event.type,
      at: event.at,
      by: event.by,
      alarm_id: isAlarm ? data['id'] : undefined,
      ticker: data['ticker'],
      option: data['option'],
      condition: data['condition'],
      active: data['active'],
      price: data['price'],
      void: event.void,
      change: event.change,
      quiet: event.quiet,
      comment: event.comment,
    };
    return COLUMNS.map((column) => cell(values[column])).join(',');
  });
  return [COLUMNS.join(','), ...lines].map((line) => `${line}\r\n`).join('');
}

/** Text that a spreadsheet would take for a formula gets an apostrophe before it: others may have written it. */
function cell(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
