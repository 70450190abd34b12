/**
 * The Parquet file of a bundle, read by DuckDB, whose reader has no code in common with the writer. DUCKDB_MODULES names a folder in which
 * `npm install @duckdb/node-api` was run; without it the test is skipped.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { exportBundle } from '../../src/cli/bundle/bundle-export.js';
import { randomFrom } from './altered-log.js';
import { exportedLog } from './exported-log.js';

type Row = Readonly<Record<string, unknown>>;

/** What is used of @duckdb/node-api. */
interface DuckDb {
  readonly DuckDBInstance: {
    create(path: string): Promise<{
      connect(): Promise<{
        runAndReadAll(sql: string): Promise<{ getRowObjectsJson(): readonly Row[] }>;
        closeSync(): void;
      }>;
    }>;
  };
}

const EVENTS = 5_000;
const modules = process.env['DUCKDB_MODULES'];

t.test(
  'EXP-3 DuckDB agrees with the NDJSON in count, sum, types and every cell, by the commands of VERIFY.md too',
  { skip: modules === undefined && 'DUCKDB_MODULES names no folder with @duckdb/node-api' },
  async (t) => {
    const { DuckDBInstance } = createRequire(join(modules ?? '', 'package.json'))('@duckdb/node-api') as DuckDb;
    const log = await exportedLog(EVENTS, randomFrom(1127));
    const folder = mkdtempSync(join(tmpdir(), 'alarm-server-duckdb-'));
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    t.teardown(() => {
      connection.closeSync();
      log.close();
      rmSync(log.folder, { recursive: true });
      rmSync(folder, { recursive: true });
    });
    await exportBundle(log.connection(), {
      from: '#0',
      to: `#${EVENTS - 1}`,
      page: undefined,
      formats: new Set(['ndjson', 'csv', 'parquet'] as const),
      folder,
      anchors: [],
      onProgress: () => undefined,
    });
    const ask = async (sql: string): Promise<readonly Row[]> =>
      (await connection.runAndReadAll(sql)).getRowObjectsJson();
    await ask(`SET file_search_path = '${folder}'`);

    // Half of a pair that stands alone is valid JSON, which DuckDB does not read; in Parquet it is a replacement character.
    const ndjson = join(folder, 'events.ndjson');
    const text = readFileSync(ndjson, 'utf8');
    writeFileSync(ndjson, text.replace(/\\+ud800/g, '\\ufffd'));
    const lines = text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as ReturnType<typeof JSON.parse>);
    // As a shell takes them.
    const commands = [...readFileSync(join(folder, 'VERIFY.md'), 'utf8').matchAll(/duckdb -c "(.+)"$/gm)];
    const [ofParquet, ofNdjson, byType] = await Promise.all(
      commands.map(([, sql = '']) => ask(sql.replaceAll('\\"', '"'))),
    );
    const [count, sum] = Object.values(ofParquet?.[0] ?? {});
    const [sameCount, sameSum] = Object.values(ofNdjson?.[0] ?? {});
    t.equal(Number(count), EVENTS);
    t.equal(Number(sameCount), EVENTS);
    t.ok(Math.abs(Number(sum) - Number(sameSum)) < 1e-6, `${sum} and ${sameSum}`);
    t.equal(
      byType?.reduce((all, row) => all + Number(Object.values(row)[1]), 0),
      EVENTS,
    );

    const types = await ask(`DESCRIBE SELECT * FROM 'events.parquet'`);
    const typeOf = (name: string): unknown => types.find((row) => row['column_name'] === name)?.['column_type'];
    t.same(['position', 'at', 'price', 'name', 'stored_data', 'stored_metadata'].map(typeOf), [
      'BIGINT',
      'TIMESTAMP WITH TIME ZONE',
      'DOUBLE',
      'VARCHAR',
      'BLOB',
      'BLOB',
    ]);

    const rows = await ask(
      `SELECT "index"::VARCHAR AS "index", position::VARCHAR AS position, type, epoch_ms("at")::VARCHAR AS "at", price::DOUBLE AS price,
         name, hex(stored_data) AS stored_data, hex(stored_metadata) AS stored_metadata
       FROM 'events.parquet'`,
    );
    const byIndex = new Map(rows.map((row) => [row['index'], row]));
    const hex = (text: string): string => Buffer.from(text).toString('hex').toUpperCase();
    const wrong = lines.filter(({ index, position, type, at, data, stored }) => {
      const right = {
        index: String(index),
        position,
        type,
        at: String(Date.parse(at)),
        price: data.price ?? null,
        name: data.name === undefined ? null : Buffer.from(data.name).toString(),
        stored_data: hex(stored.data),
        stored_metadata: hex(stored.metadata),
      };
      const is = byIndex.get(right.index);
      return is === undefined || Object.entries(right).some(([column, value]) => is[column] !== value);
    });
    t.equal(byIndex.size, EVENTS);
    t.same(wrong.slice(0, 3), []);
  },
);
