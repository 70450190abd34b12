/** Certificates of nobody's, made with openssl. */
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Why a test that needs one is skipped; false where openssl is there. */
export const noOpenssl: string | false =
  spawnSync('openssl', ['version']).status !== 0 && 'no openssl here to make a certificate with';

export interface Certificate {
  /** Files. */
  readonly certificate: string;
  readonly key: string;
}

const KEYS = { ec: ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'], rsa: ['rsa:2048'] };

/** A certificate for localhost, 127.0.0.1 and ::1, good for a day, whose common name is `name`; in `name`.pem and `name`.key of the folder. */
export function makeCertificate(folder: string, name = 'localhost', of: keyof typeof KEYS = 'ec'): Certificate {
  const [certificate, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  const kind = ['-x509', '-newkey', ...KEYS[of], '-nodes', '-days', '1'];
  const names = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1'];
  execFileSync('openssl', ['req', ...kind, ...names, '-keyout', key, '-out', certificate], { stdio: 'pipe' });
  return { certificate, key };
}
