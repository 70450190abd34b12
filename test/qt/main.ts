/**
 * The Qt example against the real server: node dist/test/qt/main.js
 *
 * Needs cmake, a C++ compiler, Qt 6 with WebSockets, and openssl. Says what it saw; exits with 1 where that is not right.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeCertificate } from '../process/certificate.js';
import { Story } from './story.js';

/** Of the story, in milliseconds. */
const DEADLINE_MS = 90_000;

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Gives the program's path. Throws with the compiler's own words on stderr where it does not compile without a warning. */
function build(): string {
  const folder = join(root, 'dist/qt-client');
  execFileSync('cmake', ['-S', join(root, 'examples/qt-client'), '-B', folder, '-DCMAKE_BUILD_TYPE=Release'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  execFileSync('cmake', ['--build', folder], { stdio: ['ignore', 'ignore', 'inherit'] });
  return join(folder, 'alarm-client');
}

const program = build();
console.log('the Qt example compiles without a warning');
const folder = mkdtempSync(join(tmpdir(), 'alarm-server-qt-'));
const startedAt = performance.now();
const story = new Story({
  program,
  folder,
  tell: (what) => console.log(`${((performance.now() - startedAt) / 1_000).toFixed(1).padStart(5)} s  ${what}`),
});
let timer: NodeJS.Timeout | undefined;
const tooLate = new Promise<never>(
  (_resolve, reject) => (timer = setTimeout(() => reject(new Error(`not over after ${DEADLINE_MS} ms`)), DEADLINE_MS)),
);
try {
  const { certificate, key } = makeCertificate(folder);
  copyFileSync(certificate, join(folder, 'cert.pem'));
  copyFileSync(key, join(folder, 'key.pem'));
  await Promise.race([story.play(), tooLate]);
  console.log('the Qt example works over WSS');
} catch (error) {
  console.error(`${(error as Error).message}\nThe clients printed:\n${story.printed.join('\n')}`);
  process.exitCode = 1;
} finally {
  clearTimeout(timer);
  await story.end();
  rmSync(folder, { recursive: true, force: true });
}
