/** A folder that is removed when the test is over and everything in it is closed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';

/** To be called before anything is opened in it: teardowns run last one first. */
export function temporaryFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'alarm-server-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
