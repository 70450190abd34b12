/** Secrets outside the data folder that everybody on the machine can read: said at the start. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { exposedSecrets } from '../../src/exposed-secrets.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { makeCertificate, noOpenssl } from './certificate.js';
import { ServerProcess } from './server-process.js';

t.test(
  'LOG-27 the key of TLS_KEY_FILE and a .env file with a secret are named where everybody can read them',
  { skip: process.platform === 'win32' },
  async (t) => {
    const folder = temporaryFolder(t);
    const [certFile, keyFile, envFile] = ['cert.pem', 'key.pem', '.env'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const tls = { certFile, keyFile };
    writeFileSync(keyFile, 'the key');
    for (const [mode, isTold] of [
      [0o644, true],
      [0o604, true],
      [0o640, false],
      [0o600, false],
    ] as const) {
      chmodSync(keyFile, mode);
      t.same(
        exposedSecrets({ tls }, envFile),
        isTold ? [`The key in ${keyFile} (TLS_KEY_FILE) can be read by every user of this machine: chmod 600 it`] : [],
        mode.toString(8),
      );
    }
    t.same(exposedSecrets({ tls: undefined }, envFile), [], 'there is no .env');
    for (const [text, setting] of [
      ['JWT_SECRET_KEY=hunter2', 'JWT_SECRET_KEY'],
      ['PORT=1\n  export EVENT_STORE = "esdb://admin:hunter2@x"\n', 'EVENT_STORE'],
      ['PORT=1\n', undefined],
      ['JWT_SECRET_KEY=\nPORT=1', undefined],
      ['# JWT_SECRET_KEY=hunter2', undefined],
    ] as const) {
      writeFileSync(envFile, text);
      chmodSync(envFile, 0o644);
      t.same(
        exposedSecrets({ tls: undefined }, envFile),
        setting ? [`${envFile} sets ${setting} and can be read by every user of this machine: chmod 600 it`] : [],
        text,
      );
      chmodSync(envFile, 0o600);
      t.same(exposedSecrets({ tls: undefined }, envFile), []);
    }
  },
);

t.test('LOG-27 the log says it at the start', { skip: noOpenssl }, async (t) => {
  const folder = temporaryFolder(t);
  const { certificate, key } = makeCertificate(folder);
  chmodSync(key, 0o644);
  const server = await ServerProcess.start({
    dataDir: join(folder, 'data'),
    environment: { TLS_CERT_FILE: certificate, TLS_KEY_FILE: key },
  });
  const { stdout } = await server.end('SIGTERM');
  t.match(
    stdout,
    /"level":40.*localhost\.key \(TLS_KEY_FILE\) can be read by every user of this machine: chmod 600 it/,
  );
});
