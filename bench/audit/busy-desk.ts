/**
 * A busy desk, and an auditor who exports beside it: the p99 of the desk's viewers without the auditor, while they read /audit/events over and
 * over, and while npm run export runs over and over. The desk has no limits, the auditor has the default ones.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { logFile, readModelFile } from '../../src/config.js';
import { runLoadTool } from '../load-process.js';
import type { Row, Sample } from '../measure.js';
import { runProcess } from '../run-process.js';
import { type AuditedServer, readAs, startAudited } from './audited-server.js';
import { heapOf } from './tools.js';

const MB = 1e6;

/** The default limits of a user's reads (docs/operations.md). */
const AUDITOR_LIMITS = { LIMIT_READS_PER_SECOND: '50', LIMIT_READ_BYTES_PER_SECOND: '20000000' };

export const deskRows: readonly Row[] = [
  {
    name: 'trigger to viewer beside /audit/events, p99',
    unit: 'ms',
    baseline: 'without it',
    goal: { of: 'ratio', atMost: 1.2 },
  },
  {
    name: 'trigger to viewer beside npm run export, p99',
    unit: 'ms',
    baseline: 'without it',
    goal: { of: 'ratio', atMost: 1.2 },
  },
  { name: 'events that /audit/events gave meanwhile', unit: '/s', baseline: undefined, goal: undefined },
  { name: 'largest WAL of the log meanwhile', unit: 'MB', baseline: undefined, goal: { of: 'server', atMost: 32 } },
  {
    name: 'largest WAL of the read model meanwhile',
    unit: 'MB',
    baseline: undefined,
    goal: { of: 'server', atMost: 160 },
  },
];

export interface DeskOptions {
  /** Of the load: triggers a second, and the measured time in s. */
  readonly rate: number;
  readonly seconds: number;
  readonly rounds: number;
}

/** On the history in `dataDir`, which grows. */
export async function measureDesk(
  folder: string,
  dataDir: string,
  { rate, seconds, rounds }: DeskOptions,
): Promise<Sample[][]> {
  const samples: Sample[][] = deskRows.map(() => []);
  const audited = await startAudited(dataDir, AUDITOR_LIMITS);
  const desk = async (): Promise<number> => {
    const { latency } = await runLoadTool([
      ...['--url', audited.server.url, '--viewers', '20', '--users', '4', '--rate', String(rate), '--alarms', '500'],
      ...['--warm-up', '2', '--duration', String(seconds), '--drain', '2'],
    ]);
    return latency.to_viewer.p99_us / 1_000;
  };
  try {
    for (let round = 0; round < rounds; round += 1) {
      const wal = new LargestWal(dataDir);
      const alone = await desk();
      let read = 0;
      const startedAt = performance.now();
      const beside = await during(desk, (signal) => readAll(audited, signal, (events) => (read += events)));
      const readPerSecond = (1_000 * read) / (performance.now() - startedAt);
      const aloneAgain = await desk();
      const exporting = await during(desk, (signal) => exportAll(folder, audited, signal));
      samples[0]!.push({ server: beside, baseline: alone });
      samples[1]!.push({ server: exporting, baseline: aloneAgain });
      samples[2]!.push({ server: readPerSecond });
      const { log, readModel } = wal.stop();
      samples[3]!.push({ server: log / MB });
      samples[4]!.push({ server: readModel / MB });
    }
  } finally {
    await audited.server.stop();
  }
  return samples;
}

/** Repeats `work` until `measured` is over, and ends it then. Rejects if one of the two fails before. */
async function during(measured: () => Promise<number>, work: (signal: AbortSignal) => Promise<void>): Promise<number> {
  const over = new AbortController();
  const working = (async () => {
    while (!over.signal.aborted) await work(over.signal);
  })();
  try {
    return await Promise.race([measured(), working.then(() => Promise.reject(new Error('an export ended early')))]);
  } finally {
    over.abort();
    await working;
  }
}

const [CARRIAGE_RETURN, NEWLINE] = [13, 10];
const READ_BYTES = 64 * 1024;
/** Enough for the status. */
const HEAD_BYTES = 40;

/**
 * All events that are there, as NDJSON. The answer is not parsed: where server, desk and auditor share two cores, a client of node:http alone
 * makes the desk's p99 1.5 times as long, whatever the server does.
 */
function readAll(
  { server, token }: AuditedServer,
  signal: AbortSignal,
  onEvents: (count: number) => void,
): Promise<void> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    let head = '';
    const isOver = (error: Error): void => (signal.aborted ? resolve() : reject(error));
    const socket = connect({
      host: hostname,
      port: Number(port),
      onread: {
        buffer: Buffer.allocUnsafe(READ_BYTES),
        callback: (length, buffer) => {
          const bytes = (buffer as Buffer).subarray(0, length);
          if (head === '') head = bytes.toString('latin1', 0, HEAD_BYTES);
          let lines = 0;
          // Those of the HTTP chunks end with CR LF.
          for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1))
            if (bytes[at - 1] !== CARRIAGE_RETURN) lines += 1;
          onEvents(lines);
          return true;
        },
      },
    });
    socket.write(
      `GET /audit/events HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\nAuthorization: Bearer ${token}\r\n\r\n`,
    );
    signal.addEventListener('abort', () => socket.destroy(), { once: true });
    socket.on('error', isOver);
    socket.on('close', () =>
      signal.aborted || head.startsWith('HTTP/1.1 200') ? resolve() : isOver(new Error(`/audit/events: ${head}`)),
    );
  });
}

async function exportAll(folder: string, { server, token }: AuditedServer, signal: AbortSignal): Promise<void> {
  const out = mkdtempSync(join(folder, 'export-'));
  try {
    const { code, errors } = await runProcess(
      'src/cli/export.js',
      ['--url', server.url, '--from', '#0', '--to', `@${await headOf(server.url, token)}`, '--out', out],
      { ALARM_TOKEN: token },
      { nodeOptions: heapOf('export'), signal },
    );
    if (code !== 0 && !signal.aborted) throw new Error(`export ended with ${code}: ${errors.trim()}`);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

export async function headOf(url: string, token: string): Promise<string> {
  const answer = JSON.parse((await readAs(`${url}/audit/pages?limit=1`, token)).toString()) as {
    readonly as_of: { readonly position: string };
  };
  return answer.as_of.position;
}

/** How often the sizes are looked at, in ms. */
const LOOK_MS = 50;

class LargestWal {
  #log = 0;
  #readModel = 0;
  readonly #timer: NodeJS.Timeout;

  constructor(dataDir: string) {
    this.#timer = setInterval(() => {
      this.#log = Math.max(this.#log, sizeOf(`${logFile(dataDir)}-wal`));
      this.#readModel = Math.max(this.#readModel, sizeOf(`${readModelFile(dataDir)}-wal`));
    }, LOOK_MS);
  }

  /** Bytes. */
  stop(): { readonly log: number; readonly readModel: number } {
    clearInterval(this.#timer);
    return { log: this.#log, readModel: this.#readModel };
  }
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
