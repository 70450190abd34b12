/** Builds the recorder (recorder.c), and reads what it recorded. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../../../test/power-cut/recorder.c', import.meta.url));

/** Why there can be none here, or false if there can. */
export const missing: string | false =
  process.platform !== 'linux'
    ? 'LD_PRELOAD is of Linux'
    : spawnSync('cc', ['--version']).status !== 0
      ? 'no C compiler (cc) here'
      : false;

/** Compiles the recorder into `folder`, and returns the environment of a process whose work in `watched` is recorded in `records`. */
export function recorderFor(folder: string, watched: string, records: string): Record<string, string> {
  const library = join(folder, 'recorder.so');
  const { status, stderr } = spawnSync(
    'cc',
    ['-shared', '-fPIC', '-O1', '-Wall', '-Werror', '-o', library, source, '-ldl', '-lpthread'],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`recorder.c does not compile: ${stderr}`);
  return { LD_PRELOAD: library, RECORD_FOLDER: watched, RECORD_TO: records };
}

/** Of a file, named by its path in the folder. */
export type FileRecord =
  | { readonly kind: 'write'; readonly path: string; readonly offset: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly path: string; readonly length: number }
  | { readonly kind: 'sync' | 'unlink'; readonly path: string }
  | { readonly kind: 'rename'; readonly path: string; readonly to: string };

/** In the order in which things were done. */
export function readRecords(bytes: Buffer): FileRecord[] {
  const records: FileRecord[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf('\n', at);
    const line = bytes.toString('utf8', at, end);
    const [, kind, first = '', second, path = ''] = /^(\w) (\S+) (\S+) (.*)$/.exec(line) ?? [];
    at = end + 1;
    switch (kind) {
      case 'w':
        records.push({ kind: 'write', path, offset: Number(first), bytes: bytes.subarray(at, at + Number(second)) });
        at += Number(second);
        break;
      case 't':
        records.push({ kind: 'truncate', path, length: Number(first) });
        break;
      case 's':
        records.push({ kind: 'sync', path });
        break;
      case 'u':
        records.push({ kind: 'unlink', path });
        break;
      case 'r':
        records.push({ kind: 'rename', path: path.slice(0, -Number(first)), to: path.slice(-Number(first)) });
        break;
      default:
        throw new Error(`not a record: ${JSON.stringify(line.slice(0, 200))}`);
    }
  }
  return records;
}
