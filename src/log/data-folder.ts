/**
 * Checks whether this process may use the data folder and its files, and whether other users can read them: the log contains
 * password hashes. It runs before anything is opened, because SQLite silently opens a read-only file.
 */
import { accessSync, chmodSync, constants, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Files that the server writes. */
const WRITTEN = ['log.db', 'read-model.db']
  .flatMap((name) => [name, `${name}-wal`, `${name}-shm`])
  .concat('log-head.json', 'checkpoints', 'lock', 'lock-journal');

/** Files that the server only reads. */
const READ = ['jwt-secret', 'evidence-key'];

/**
 * Creates the folder if it does not exist. Throws an error that names the path, its owner and the remedy if the process may not use
 * it. Returns notices about files that others could read or write; the server's own files are made private.
 */
export function prepareDataFolder(folder: string): string[] {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unusable(folder, (error as NodeJS.ErrnoException).code);
  }
  refuseForeign(folder);
  refuseWithout(folder, constants.R_OK | constants.W_OK | constants.X_OK, 'read and written');
  const notices: string[] = [];
  for (const name of [...WRITTEN, ...READ]) {
    const file = join(folder, name);
    if (!existsSync(file)) continue;
    refuseForeign(file);
    const isWritten = WRITTEN.includes(name);
    refuseWithout(
      file,
      isWritten ? constants.R_OK | constants.W_OK : constants.R_OK,
      isWritten ? 'read and written' : 'read',
    );
    if (isWritten) notices.push(...madePrivate(file));
  }
  return [...notices, ...exposure(folder)];
}

/** Refuses paths that belong to another user except root, because that user could change them at any time. */
function refuseForeign(path: string): void {
  const own = process.geteuid?.();
  const { uid } = statSync(path);
  if (own === undefined || uid === own || uid === 0) return;
  throw new Error(
    `${path} belongs to ${userName(uid)}, and this process runs as ${userName(own)}. Run it as ${userName(uid)}, or give the folder to ${userName(own)}: chown -R ${own} ${resolve(path)}`,
  );
}

function refuseWithout(path: string, access: number, what: string): void {
  try {
    accessSync(path, access);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const { uid, mode } = statSync(path);
    const own = process.geteuid?.() ?? 0;
    const remedy =
      code === 'EROFS'
        ? 'Its file system is mounted for reading only: mount it for writing'
        : uid === own
          ? `chmod u+rw${statSync(path).isDirectory() ? 'x' : ''} ${resolve(path)}`
          : `chown ${own} ${resolve(path)}`;
    throw new Error(
      `${path} must be ${what} by ${userName(own)}, and cannot be (${code}): it belongs to ${userName(uid)} and has the mode ${octal(mode)}. ${remedy}`,
    );
  }
}

function madePrivate(file: string): string[] {
  if (process.platform === 'win32') return [];
  const { mode } = statSync(file);
  if ((mode & 0o077) === 0) return [];
  try {
    chmodSync(file, 0o600);
    return [`${file} could be read by other users of this machine (mode ${octal(mode)}): its mode is 0600 now`];
  } catch {
    return [`${file} can be read by other users of this machine (mode ${octal(mode)}): chmod 600 it`];
  }
}

/** The folder may be shared on purpose, for example with a group that makes backups, so it is only reported. */
function exposure(folder: string): string[] {
  const { mode } = statSync(folder);
  if (process.platform === 'win32' || (mode & 0o077) === 0) return [];
  const what =
    (mode & 0o022) !== 0
      ? 'Other users of this machine can put files into the data folder'
      : 'Other users of this machine can look into the data folder';
  return [`${what} ${folder} (mode ${octal(mode)}): chmod 700 it`];
}

const unusable = (folder: string, code: string | undefined): Error =>
  new Error(`The data folder ${folder} cannot be made or written to (${code}). Set DATA_DIR to a folder that can.`);

const octal = (mode: number): string => `0${(mode & 0o7777).toString(8)}`;

/** Includes the name if the system's user list has it. */
function userName(uid: number): string {
  try {
    const name = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .find((fields) => fields[2] === String(uid))?.[0];
    if (name !== undefined) return `the user ${name} (uid ${uid})`;
  } catch {
    // The system has no such list.
  }
  return `the user with uid ${uid}`;
}
