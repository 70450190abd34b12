/** Loaded into a tool before its own code (`--import`): writes the most memory that the process had, in bytes, to a file when it ends. */
import { readFileSync, writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

/** The environment variable that names the file. */
export const PEAK_MEMORY_FILE = 'BENCH_PEAK_MEMORY_FILE';

const file = process.env[PEAK_MEMORY_FILE];
if (file !== undefined && isMainThread) process.on('exit', () => writeFileSync(file, String(peak())));

/** What the system counts for a process may begin with the memory of the one that started it; Linux tells that of the process alone too. */
function peak(): number {
  const { maxRSS } = process.resourceUsage();
  if (process.platform !== 'linux') return maxRSS * 1_024;
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return Number(kilobytes ?? maxRSS) * 1_024;
}
