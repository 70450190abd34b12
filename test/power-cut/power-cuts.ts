/** Cuts the power of a writing log at many moments, and starts on what each leaves: what was told is there, and nothing else is half done. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StoredText } from '../../src/log/event-codec.js';
import { startSqliteLog } from '../../src/log/sqlite/start.js';
import { openTextReader } from '../../src/log/text-reader.js';
import { Random } from '../crash/random.js';
import { Disk, type Loss } from './disk.js';
import { type FileRecord, readRecords, recorderFor } from './recording.js';

const writer = fileURLToPath(new URL('./writer.js', import.meta.url));

const LOSSES: readonly Loss[] = ['all', 'nothing', 'some', 'some'];

export interface PowerCuts {
  readonly records: number;
  readonly syncs: number;
  /** How often the WAL was copied into the log. */
  readonly copies: number;
  readonly cuts: number;
  readonly events: number;
  /** Sentences; empty if nothing is wrong. */
  readonly faults: readonly string[];
}

/** `folder`: for all files. `events`: how many the log gets. */
export async function cutPower(
  folder: string,
  {
    cuts,
    events,
    seed,
    onCut = () => undefined,
  }: { cuts: number; events: number; seed: number; onCut?: (cut: number) => void },
): Promise<PowerCuts> {
  const watched = join(folder, 'data');
  mkdirSync(watched, { mode: 0o700 });
  const file = join(folder, 'records');
  const { status, stderr } = spawnSync(process.execPath, [writer, watched, String(events)], {
    env: { ...process.env, ...recorderFor(folder, watched, file) },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the writing process ended with ${status}: ${stderr}`);
  const records = readRecords(readFileSync(file));
  const whole = await eventsIn(join(watched, 'log.db'));
  const chance = new Random(seed);
  const random = (): number => chance.next();
  const moments = Array.from({ length: cuts }, () => Math.floor(random() * (records.length + 1))).sort((a, b) => a - b);
  const disk = new Disk();
  const faults: string[] = [];
  let done = 0;
  let told = 0;
  for (const [cut, moment] of moments.entries()) {
    for (; done < moment; done += 1) {
      const record = records[done]!;
      if (record.path === 'told') told = Math.max(told, toldBy(record));
      else disk.apply(record);
    }
    const left = mkdtempSync(join(folder, 'cut-'));
    const loss = LOSSES[cut % LOSSES.length]!;
    disk.leaveIn(left, loss, random);
    const fault = await faultOf(left, whole, told);
    if (fault !== undefined)
      faults.push(`after ${moment} of ${records.length} records, of what was not synced ${loss} lost: ${fault}`);
    rmSync(left, { recursive: true });
    onCut(cut + 1);
  }
  const syncsOf = (path?: string): number =>
    records.filter((record) => record.kind === 'sync' && (path === undefined || record.path === path)).length;
  return { records: records.length, syncs: syncsOf(), copies: syncsOf('log.db'), cuts, events: whole.length, faults };
}

const toldBy = (record: FileRecord): number => (record.kind === 'write' ? Number(record.bytes.toString()) : 0);

async function eventsIn(file: string): Promise<readonly StoredText[]> {
  const reader = await openTextReader({ engine: 'sqlite', file });
  try {
    return await reader.read(undefined, Number.MAX_SAFE_INTEGER);
  } finally {
    await reader.close();
  }
}

/** What is wrong with the log in `folder`, which must begin as `whole` does, up to `told` at least. */
async function faultOf(folder: string, whole: readonly StoredText[], told: number): Promise<string | undefined> {
  const file = join(folder, 'log.db');
  try {
    const { close } = startSqliteLog({
      folder,
      file,
      readModel: undefined,
      onFatal: (error) => {
        throw error;
      },
      onCommit: () => undefined,
      onNotice: () => undefined,
    });
    await close();
  } catch (error) {
    // Before anybody was told anything there may be a file that is not a log yet: it is said, and nothing is lost.
    return told === 0 ? undefined : `it does not start: ${(error as Error).message}`;
  }
  const found = await eventsIn(file);
  const kept = found.at(-1)?.type === 'LogRestored' ? found.slice(0, -1) : found;
  const last = Number(kept.at(-1)?.position ?? 0);
  if (told > 0 && last < told) return `position ${told} was told, and the log ends at ${last}`;
  if (told === 0 && kept.length <= 1) return undefined;
  const wrong = kept.findIndex((event, at) => JSON.stringify(event) !== JSON.stringify(whole[at]));
  return wrong === -1 ? undefined : `the event at position ${kept[wrong]!.position} is not the one that was written`;
}
