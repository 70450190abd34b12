/** Files outside the data folder that hold secrets of the server, and whether everybody on the machine can read them. */
import { readFileSync, statSync } from 'node:fs';

/** Settings that are secrets, or hold a password. */
const SECRET_SETTING = /^[ \t]*(?:export[ \t]+)?(JWT_SECRET_KEY|EVENT_STORE|METRICS_TOKEN)[ \t]*=[ \t]*\S/m;

/** A sentence for each such file: the key of TLS_KEY_FILE, and the .env file of the working folder if it sets a secret. Nothing of their content is told. */
export function exposedSecrets(
  { tls }: { readonly tls: { readonly keyFile: string } | undefined },
  envFile = '.env',
): string[] {
  if (process.platform === 'win32') return [];
  const sentences: string[] = [];
  if (tls && isOpen(tls.keyFile))
    sentences.push(`The key in ${tls.keyFile} (TLS_KEY_FILE) can be read by every user of this machine: chmod 600 it`);
  const setting = isOpen(envFile) ? SECRET_SETTING.exec(readFileSync(envFile, 'utf8'))?.[1] : undefined;
  if (setting !== undefined)
    sentences.push(`${envFile} sets ${setting} and can be read by every user of this machine: chmod 600 it`);
  return sentences;
}

/** A group may be meant: it is only asked about everybody. False also where there is no such file, or none that this process may look at. */
function isOpen(file: string): boolean {
  try {
    return (statSync(file).mode & 0o004) !== 0;
  } catch {
    return false;
  }
}
