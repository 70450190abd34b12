/** No process that the bench starts outlives it, however it ends. */
import type { ChildProcess } from 'node:child_process';

/** Kills `child` when this process exits; before what else is done then: it must not write into folders that are being removed. */
export function endWithBench(child: ChildProcess): void {
  const kill = (): void => void child.kill('SIGKILL');
  process.prependOnceListener('exit', kill);
  child.once('exit', () => process.off('exit', kill));
}
