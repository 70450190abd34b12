/** Reading events of visible pages over random histories: what was visible at any position, and exactly what was to be read. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { START_POSITION } from '../../src/log/cursor.js';
import { comparePositions, type Position } from '../../src/log/event-log.js';
import { EventFeed } from '../../src/projections/event-feed.js';
import { EventReader, type ReadPart, TablesBehind } from '../../src/projections/event-reader.js';
import { placeOfMoment } from '../../src/projections/moment-position.js';
import type { Projection } from '../../src/projections/projection.js';
import { givenNumber } from '../runner/given-number.js';
import { beginning, HistoryWriter, move } from './random-history.js';
import { startProjection } from './running-projection.js';

/** Histories at each run of the tests; RUNS in the environment gives more. */
const RUNS = givenNumber('RUNS', 4);

/** An event of a page, as the test itself keeps it. */
interface Kept {
  readonly position: Position;
  readonly pageId: string;
  readonly seq: number;
  readonly type: string;
  readonly isVoid: boolean;
}

const everything = { types: undefined, pages: undefined };
const seen = ({ events }: ReadPart): string[] => events.map(({ pageId, entry }) => `${pageId} ${entry.seq}`);

/** Reads again where the tables were behind for too long, as the server does. */
async function readPatiently(reader: EventReader, limit: number): Promise<ReadPart> {
  for (;;)
    try {
      return await reader.read(limit);
    } catch (error) {
      if (!(error instanceof TablesBehind)) throw error;
    }
}

/** Reads to the end, at most `limit` at a time. */
async function readAll(reader: EventReader, limit: number): Promise<{ events: string[]; parts: ReadPart[] }> {
  const parts: ReadPart[] = [];
  do parts.push(await readPatiently(reader, limit));
  while (!reader.isCaughtUp);
  return { events: parts.flatMap(seen), parts };
}

/** What somebody has who reads a stream and, for each gain, the page's history up to its seq. */
class Replica {
  readonly #pages = new Map<string, number>();
  readonly errors: string[] = [];

  take({ scopes, events }: ReadPart, visible: ReadonlySet<string>): void {
    for (const scope of scopes)
      if ('lost' in scope) this.#pages.delete(scope.lost);
      else this.#pages.set(scope.gained, scope.seq);
    for (const { pageId, entry } of events) {
      if (!visible.has(pageId)) this.errors.push(`${pageId} ${entry.seq} was not visible`);
      const last = this.#pages.get(pageId) ?? -1;
      if (entry.seq !== last + 1) this.errors.push(`${pageId}: ${entry.seq} came after ${last}`);
      this.#pages.set(pageId, entry.seq);
    }
  }

  lastOf(pageId: string): number | undefined {
    return this.#pages.get(pageId);
  }
}

t.test(
  'FEED-1 FEED-9 FEED-12 any history: no foreign event, none lost, none twice, whenever rights change',
  async (t) => {
    let changes = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ move, commits: fc.boolean(), reads: fc.nat(3) }), {
          minLength: 60,
          maxLength: 150,
          size: 'max',
        }),
        fc.integer({ min: 1, max: 7 }),
        async (moves, limit) => {
          const folder = mkdtempSync(join(tmpdir(), 'alarm-server-'));
          const { log, projection, stop } = await startProjection(folder);
          try {
            const { live } = projection;
            const feed = new EventFeed(START_POSITION);
            const kept: Kept[] = [];
            const newest: { position: Position; at: string; max: string }[] = [];
            projection.listen((folded, _data, entry) => {
              feed.note(folded, entry, live.time.newestAt);
              const { recorded, page, isVoid } = folded;
              newest.push({ position: recorded.position, at: recorded.metadata.at, max: live.time.newestAt });
              if (page)
                kept.push({
                  position: recorded.position,
                  pageId: page.id,
                  seq: recorded.revision,
                  type: recorded.event.type,
                  isVoid,
                });
            });
            const readerOf = (
              projection: Projection,
              userId: string,
              after: Position,
              isResumed: boolean,
              from = feed,
            ) => new EventReader({ projection, feed: from, userId, filter: everything, after, isResumed });
            const running = new Map<string, { reader: EventReader; replica: Replica }>();
            const snapshots: { position: Position; visible: Map<string, Set<string>> }[] = [];
            const writer = new HistoryWriter();
            let appends: Promise<unknown>[] = [];
            for (const { move: one, commits, reads } of [
              ...beginning.map((move) => ({ move, commits: false, reads: 0 })),
              ...moves,
            ]) {
              const append = writer.write(one);
              if (append) appends.push(log.append(append.stream, append.expected, append.events));
              if (!commits) continue;
              await Promise.all(appends);
              appends = [];
              await projection.reached(await log.head(), 5_000);
              const users = [...live.users.keys()];
              snapshots.push({
                position: projection.position ?? START_POSITION,
                visible: new Map(users.map((id) => [id, live.pageIdsVisibleTo(id)])),
              });
              for (const id of users) {
                if (!running.has(id))
                  running.set(id, { reader: readerOf(projection, id, START_POSITION, false), replica: new Replica() });
                const { reader, replica } = running.get(id)!;
                for (let at = 0; at < reads; at += 1)
                  replica.take(await readPatiently(reader, limit), live.pageIdsVisibleTo(id));
              }
            }
            await Promise.all(appends);
            await projection.reached(await log.head(), 5_000);
            for (const [id, { reader, replica }] of running) {
              for (const part of (await readAll(reader, limit)).parts) replica.take(part, live.pageIdsVisibleTo(id));
              t.same(replica.errors, []);
              for (const page of live.pageIdsVisibleTo(id))
                t.equal(replica.lastOf(page), live.pages.get(page)!.seq, 'to the last event');
            }
            await projection.writer.catchUp(5_000);
            for (const { at } of newest.filter((_, index) => index % 9 === 0)) {
              const first = newest.find(({ max }) => max >= at);
              const place = await placeOfMoment(at, projection.moments, log);
              t.ok(
                place !== undefined &&
                  newest.every(({ position, max }) => comparePositions(position, place) > 0 === max >= at),
                `${at} begins at ${first?.position}`,
              );
            }
            t.equal(await placeOfMoment('2999-01-01T00:00:00.000Z', projection.moments, log), undefined);
            const pages = new Set(kept.map(({ pageId }) => pageId));
            const empty = new EventFeed(projection.position ?? START_POSITION);
            for (const { position, visible } of snapshots.filter((_, at) => at % 5 === 0))
              for (const [userId, then] of visible) {
                const now = live.pageIdsVisibleTo(userId);
                const told = projection.access.visibleThen(userId, position);
                const wrong = [...pages].filter((page) => then.has(page) !== (told.get(page) ?? now.has(page)));
                t.same(wrong, [], 'who saw what at that position');
                changes += [...told].filter(([page, saw]) => saw !== now.has(page)).length;
                const expected = kept
                  .filter((one) => comparePositions(one.position, position) > 0 && now.has(one.pageId))
                  .map(({ pageId, seq }) => `${pageId} ${seq}`);
                for (const from of [feed, empty]) {
                  const { events, parts } = await readAll(readerOf(projection, userId, position, true, from), limit);
                  t.same(events, expected, from === empty ? 'from the tables' : 'from memory');
                  const scopes = parts.flatMap((part) => part.scopes);
                  const isBack = (page: string): boolean => then.has(page) && now.has(page);
                  t.same(
                    scopes
                      .map((scope) => ('lost' in scope ? scope.lost : scope.gained))
                      .filter((page) => !isBack(page))
                      .sort(),
                    [...pages]
                      .filter((page) => then.has(page) !== now.has(page) && (then.has(page) || live.pages.has(page)))
                      .sort(),
                    'what differs from the cursor is told',
                  );
                  const gained = new Set(scopes.map((scope) => 'gained' in scope && scope.gained));
                  const lostMeanwhile = [...pages].filter(
                    (page) =>
                      isBack(page) &&
                      snapshots.some(
                        (later) =>
                          comparePositions(later.position, position) > 0 && !later.visible.get(userId)?.has(page),
                      ),
                  );
                  t.same(
                    lostMeanwhile.filter((page) => !gained.has(page)),
                    [],
                    'and what was lost meanwhile, for events of it may have been left out before the cursor',
                  );
                }
              }
            return t.passing();
          } finally {
            await stop();
            rmSync(folder, { recursive: true, force: true });
          }
        },
      ),
      { numRuns: RUNS },
    );
    t.ok(changes > 0, `${changes} pages were visible then and not later, or the reverse`);
  },
);
