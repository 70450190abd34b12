/** Checks whether every user of the machine can read the server's secrets in files outside the data folder. */
import { readFileSync, statSync } from 'node:fs';

/** Settings that are secrets or contain a password. */
const SECRET_SETTING = /^[ \t]*(?:export[ \t]+)?(JWT_SECRET_KEY|EVENT_STORE|METRICS_TOKEN)[ \t]*=[ \t]*\S/m;

/** A sentence for each such file: the key of TLS_KEY_FILE, and the .env file of the working folder if it sets a secret. Their content is not included. */
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

/** Group access may be intended, so only access by everybody is checked. Also false if the file does not exist or this process may not inspect it. */
function isOpen(file: string): boolean {
  try {
    return (statSync(file).mode & 0o004) !== 0;
  } catch {
    return false;
  }
}
