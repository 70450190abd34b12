/**
 * `npm run build`, then `node dist/test/restore/main.js --rounds 200 --seed 1`: restores in all ways, with clients ahead, behind and offline.
 *
 * With `--event-store URL --store-data DIR` the log is in a real EventStoreDB on this machine, which is stopped, put back and started
 * again and again. EVENT_STORE_START is a shell command that starts it on DIR, waits until it takes writes, and prints its process id.
 * DIR must be empty or missing at first. With `--event-store stand-in` it is the stand-in of the tests.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { isLeftByStoreClient } from '../../src/log/eventstoredb/rejections.js';
import { wholeNumber } from '../runner/given-number.js';
import { EventStoreDbNode } from './eventstoredb-node.js';
import { noFigures, type RestoreFigures } from './figures.js';
import { RestorableStandIn, type RestorableStore } from './restorable-store.js';
import { RestoreRounds } from './restore-rounds.js';
import { StoreRounds } from './store-rounds.js';

/** Between two lines of progress, in rounds. */
const PROGRESS = 10;

/** After that many rounds a new log is begun. */
const ROUNDS_A_FOLDER = 50;

const options = {
  rounds: { type: 'string' },
  seed: { type: 'string' },
  'event-store': { type: 'string' },
  'store-data': { type: 'string' },
} as const;

/** Not started yet. */
function storeOf(url: string, storeData: string | undefined, copies: string): RestorableStore {
  const startCommand = process.env['EVENT_STORE_START'];
  if (!startCommand || storeData === undefined)
    throw new Error(
      '--event-store needs --store-data DIR, and EVENT_STORE_START: a command that starts the store on DIR and prints its process id',
    );
  const dataDir = resolve(storeData);
  if (existsSync(dataDir) && readdirSync(dataDir).length > 0)
    throw new Error(`${dataDir} is not empty: what is in it would be deleted`);
  return new EventStoreDbNode({ url, startCommand, dataDir, copies });
}

interface Rounds {
  round(): Promise<string[]>;
  end(): Promise<void>;
}

async function roundsOn(folder: string, seed: number, figures: RestoreFigures): Promise<Rounds> {
  const url = values['event-store'];
  if (url === undefined) return RestoreRounds.start(folder, seed, figures);
  const copies = join(folder, 'copies');
  mkdirSync(copies);
  const store = url === 'stand-in' ? await RestorableStandIn.start() : storeOf(url, values['store-data'], copies);
  if (url !== 'stand-in') await store.start();
  const rounds = await StoreRounds.start(folder, store, seed, figures);
  return {
    round: () => rounds.round(),
    end: async () => {
      await rounds.end();
      await store.stop('asked');
      store.empty();
    },
  };
}

const { values } = parseArgs({ options });
const wanted = wholeNumber('--rounds', values.rounds, 200);
const seed = wholeNumber('--seed', values.seed, 1 + Math.floor(Math.random() * 1_000_000));
const figures = noFigures();
const startedAt = performance.now();
let faults = 0;
process.on('unhandledRejection', (reason) => {
  if (!isLeftByStoreClient(reason)) throw reason;
});
console.log(`restores: ${wanted} rounds, seed ${seed}`);
for (let folders = 0; figures.rounds < wanted; folders++) {
  const folder = mkdtempSync(join(tmpdir(), 'alarm-server-restore-'));
  const rounds = await roundsOn(folder, seed + folders, figures);
  const end = Math.min(figures.rounds + ROUNDS_A_FOLDER, wanted);
  while (figures.rounds < end) {
    for (const fault of await rounds.round()) {
      faults += 1;
      console.error(fault);
    }
    if (figures.rounds % PROGRESS === 0)
      console.log(
        `${figures.rounds} rounds, ${faults} faults, ${((performance.now() - startedAt) / 1_000).toFixed(0)} s`,
      );
  }
  await rounds.end();
  rmSync(folder, { recursive: true });
}
const { byWay, ...all } = figures;
console.log(JSON.stringify(all));
console.table(byWay);
process.exitCode = faults === 0 ? 0 : 1;
