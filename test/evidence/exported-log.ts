/** A log with evidence, and what a server would answer an auditor of it, without a server. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuditorConnection, Refused } from '../../src/cli/auditor-connection.js';
import type { DomainEvent } from '../../src/domain/events.js';
import { eventVersions } from '../../src/domain/events.js';
import { pageStream } from '../../src/domain/streams.js';
import { originOf, signCheckpoint } from '../../src/evidence/checkpoint.js';
import { entryOf } from '../../src/evidence/event-entry.js';
import { resolveEvidenceKey } from '../../src/evidence/evidence-key.js';
import { consistencyProof, inclusionProof, rootOf } from '../../src/evidence/merkle-tree.js';
import { verifierKey } from '../../src/evidence/signed-note.js';
import { entryBundle, parseTilePath, TILE_WIDTH } from '../../src/evidence/tile-paths.js';
import { TreeFiles } from '../../src/evidence/tree-files.js';
import type { StoredText } from '../../src/log/event-codec.js';
import { openSqliteLog } from '../../src/log/sqlite/log.js';
import { openTextReader } from '../../src/log/text-reader.js';
import { checked } from './altered-log.js';

export interface ExportedLog {
  readonly folder: string;
  readonly events: readonly StoredText[];
  /** Ids of its pages. */
  readonly pages: readonly string[];
  /** The signed checkpoint of its first `size` events. */
  checkpoint(size: number): string;
  /** Asked as an auditor asks a server. `tampered`: changes an event before it is answered. */
  connection(tampered?: (event: StoredText) => StoredText): AuditorConnection;
  close(): void;
}

/** The start of the log's events, as a moment; one second an event. */
export const STARTED = Date.parse('2100-01-15T10:30:00.000Z');

export const momentOf = (index: number): string => new Date(STARTED + index * 1_000).toISOString();

const names = ['Desk', '=1+1', '"quoted", with\r\na break', '+49', '-1', '@home', '\tTab', 'L’été 📈', '\ud800 alone'];

/** A log of `count` events: pages, alarms, and triggers at prices of any sign. */
export async function exportedLog(count: number, random: () => number): Promise<ExportedLog> {
  const folder = mkdtempSync(join(tmpdir(), 'alarm-server-exported-'));
  const file = join(folder, 'log.db');
  const log = openSqliteLog({
    file,
    onFatal: (error) => {
      throw error;
    },
  });
  const pages = Array.from({ length: 3 }, () => ({ id: randomUUID(), alarm: randomUUID(), revision: -1 }));
  const by = randomUUID();
  const appends: Promise<unknown>[] = [];
  for (let at = 1; at < count; at += 1) {
    const page = pages[Math.floor(random() * pages.length)]!;
    const name = names[Math.floor(random() * names.length)]!;
    const event: DomainEvent =
      page.revision === -1
        ? { type: 'PageCreated', data: { name, owner_id: by } }
        : page.revision === 0
          ? { type: 'AlarmCreated', data: { alarm_id: page.alarm, ticker: name, option: '', condition: '> 1' } }
          : random() < 0.2
            ? { type: 'PageRenamed', data: { name } }
            : random() < 0.1
              ? { type: 'AlarmCommented', data: { alarm_id: page.alarm, text: { sealed: `${by}.1.AAAA` } } }
              : {
                  type: 'AlarmTriggered',
                  data: { alarm_id: page.alarm, price: Math.round(random() * 20_000 - 10_000) / 100 },
                };
    const metadata = {
      at: momentOf(at),
      by,
      via: 'owner',
      command: 'anything',
      key: randomUUID(),
      v: eventVersions[event.type],
    };
    appends.push(log.append(pageStream(page.id), page.revision, [{ id: randomUUID(), event, metadata }]));
    page.revision += 1;
  }
  await Promise.all(appends);
  const logId = log.id;
  await log.close();
  await checked(file, join(folder, 'evidence'), [], true);
  const reader = await openTextReader({ engine: 'sqlite', file });
  const events = await reader.read(undefined, count);
  await reader.close();
  const files = new TreeFiles(join(folder, 'evidence'), true);
  const { key } = resolveEvidenceKey({ given: undefined, isShared: false, dataDir: folder });
  const checkpoint = (size: number): string => signCheckpoint({ logId, size, root: rootOf(size, files.nodes) }, key!);
  const size = files.size;

  const answer = (path: string, tampered: (event: StoredText) => StoredText): string | Buffer => {
    const { pathname, searchParams: query } = new URL(path, 'http://server');
    const base64 = (hashes: readonly Buffer[]) =>
      JSON.stringify({ hashes: hashes.map((hash) => hash.toString('base64')) });
    const placeOf = (text: string): number =>
      text.startsWith('@')
        ? events.findLastIndex(({ position }) => Number(position) <= Number(text.slice(1)))
        : text.startsWith('#')
          ? Number(text.slice(1))
          : Math.floor((Date.parse(text) - STARTED) / 1_000);
    switch (pathname) {
      case '/audit/key':
        return `${verifierKey(originOf(logId), key!)}\n`;
      case '/audit/checkpoint':
        return checkpoint(size);
      case '/audit/pages': {
        const requested = query.get('at') ?? `@${events.at(-1)!.position}`;
        const index = Math.min(placeOf(requested), events.length - 1);
        const { position, metadata } = events[index]!;
        const { at } = JSON.parse(metadata) as { at: string };
        return JSON.stringify({ pages: [], next: null, as_of: { requested, position, at, index, settled: true } });
      }
      case '/audit/proof': {
        const number = (name: string) => Number(query.get(name));
        return query.has('index')
          ? base64(inclusionProof(number('index'), number('size'), files.nodes))
          : base64(consistencyProof(number('from_size'), number('to_size'), files.nodes));
      }
      case '/audit/events': {
        const from = query.get('from') ?? '#0';
        const first =
          from.startsWith('@') || from.startsWith('#')
            ? placeOf(from)
            : Math.ceil((Date.parse(from) - STARTED) / 1_000);
        const last = placeOf(query.get('to') ?? '');
        const page = query.get('page');
        return events
          .map((event, index) => ({ event: tampered(event), index }))
          .filter(
            ({ index, event }) =>
              index >= first && index <= last && (page === null || event.stream === pageStream(page)),
          )
          .map(({ event, index }) => `${lineOf(event, index)}\n`)
          .join('');
      }
      default: {
        const tile = parseTilePath(pathname.replace('/audit/tile/', ''));
        if (!tile) throw new Refused(path, 404, 'there is nothing');
        const { level, index, width } = tile;
        if (level !== 'entries') return files.hashes(level, index * TILE_WIDTH, width);
        return entryBundle(
          events
            .slice(index * TILE_WIDTH, index * TILE_WIDTH + width)
            .map((event, at) => entryOf(event, index * TILE_WIDTH + at)),
        );
      }
    }
  };
  return {
    folder,
    events,
    pages: pages.filter(({ revision }) => revision >= 0).map(({ id }) => id),
    checkpoint,
    connection: (tampered = (event) => event) => ({
      open: async (path) => new Response(bytes(answer(path, tampered))),
      get: async (path) => bytes(answer(path, tampered)),
    }),
    close: () => files.close(),
  };
}

const bytes = (content: string | Buffer): Buffer<ArrayBuffer> => Buffer.from(content as string) as Buffer<ArrayBuffer>;

/** What a comment says that is stored sealed. */
const SAID = JSON.stringify('I "wait" for the fixing');

/** The line that a server answers for an event. */
export function lineOf({ position, stream, revision, id, type, data, metadata }: StoredText, index: number): string {
  const { at, by, v } = JSON.parse(metadata) as { at: string; by: string; v: number };
  const stored = { metadata, data };
  const shown: unknown = JSON.parse(data.replace(/\{"sealed":"[^"]*"\}/, SAID));
  return JSON.stringify({ position, index, stream, revision, id, type, v, at, by, data: shown, stored });
}
