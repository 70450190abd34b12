/** What the charts of operations show, from the figures of a node that were read one after the other. Pure. */
import type { Figures } from '@alarm-server/client';

/** How many points a chart has: with one each 5 s, ten minutes. */
export const POINTS = 120;

export interface Chart {
  readonly title: string;
  /** After a value: `ms`, `/s`; empty for a count. */
  readonly unit: string;
  /** Of the figures read at a moment and those before it; undefined where it cannot be told. */
  readonly value: (now: Figures, before: Figures) => number | undefined;
}

export interface Point {
  /** RFC 3339. */
  readonly at: string;
  readonly value: number | undefined;
}

/** The sum of all samples of that name. */
export function total({ figures }: Figures, name: string): number {
  let sum = 0;
  for (const one of figures) if (one.name === name) sum += one.value;
  return sum;
}

/** A second, from one reading to the next. Undefined where the node was started between them, or it is another one. */
function rate(name: string): Chart['value'] {
  return (now, before) => {
    const [passed, grown] = [Date.parse(now.at) - Date.parse(before.at), total(now, name) - total(before, name)];
    return now.node !== before.node || passed <= 0 || grown < 0 ? undefined : grown / (passed / 1_000);
  };
}

/** In ms: the mean of what was measured between two readings; undefined where nothing was. */
function mean(name: string): Chart['value'] {
  return (now, before) => {
    const times = total(now, `${name}_count`) - total(before, `${name}_count`);
    const seconds = total(now, `${name}_sum`) - total(before, `${name}_sum`);
    return now.node !== before.node || times <= 0 || seconds < 0 ? undefined : (seconds / times) * 1_000;
  };
}

const current =
  (name: string, times = 1): Chart['value'] =>
  (now) =>
    total(now, name) * times;

export const charts: readonly Chart[] = [
  { title: 'Commands', unit: '/s', value: rate('alarm_server_commands_total') },
  { title: 'Commit, mean', unit: 'ms', value: mean('alarm_server_commit_seconds') },
  { title: 'Push to the sockets, mean', unit: 'ms', value: mean('alarm_server_push_seconds') },
  { title: 'Delay of the event loop, p99', unit: 'ms', value: (now) => now.event_loop?.p99_ms },
  { title: 'Lag of the read models', unit: 'ms', value: current('alarm_server_projection_lag_seconds', 1_000) },
  { title: 'Events in the log', unit: '', value: current('alarm_server_evidence_events') },
  { title: 'Open sockets', unit: '', value: current('alarm_server_sockets') },
  { title: 'Not read by clients', unit: 'bytes', value: current('alarm_server_undelivered_bytes') },
  { title: 'Memory', unit: 'bytes', value: (now) => now.resident_bytes },
];

/** The points of a chart: one for each reading but the first. */
export const pointsOf = ({ value }: Chart, readings: readonly Figures[]): Point[] =>
  readings.slice(1).map((now, at) => ({ at: now.at, value: value(now, readings[at]!) }));

/** What a close code means, in a few words; docs/protocol.md has the whole table. */
const CODES: Readonly<Record<string, string>> = {
  1000: 'by the client',
  1001: 'the page was left, or the server ended',
  1005: 'without a reason',
  1006: 'the connection broke',
  1009: 'a message was too long',
  4001: 'the token ended',
  4002: 'the session was ended',
  4003: 'the protocol was misused',
  4004: 'the origin is not allowed',
  4500: 'it read too slowly',
  4501: 'it sent too much before its state',
  4502: 'by an operator',
};

/** Sockets that are over since the node was started, by the reason: refused, cut because they read too slowly, or closed with a code. */
export function endings(figures: Figures): (readonly [reason: string, count: number])[] {
  const byCode = (name: string, say: (code: string) => string) =>
    figures.figures
      .filter((figure) => figure.name === name)
      .map(({ labels, value }) => [say(labels['code'] ?? ''), value] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    ...byCode('alarm_server_sockets_refused_total', (code) => `refused: ${code}`),
    ['cut: read too slowly', total(figures, 'alarm_server_sockets_too_slow_total')],
    ...byCode('alarm_server_sockets_closed_total', (code) => `closed: ${code}${CODES[code] ? `, ${CODES[code]}` : ''}`),
  ];
}
