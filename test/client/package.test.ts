/** The client's package as others get it: packed, installed without a network into an empty project, type-checked and run there. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import t from 'tap';
import { WebSocket } from 'ws';
import { root } from '../architecture/sources.js';
import { startServer as startRealServer } from '../e2e/test-server.js';
import { startServer } from './connected-client.js';
import { installPackedClient, linkWs, readmeExample, run } from './packed-client.js';
import { alarm, initialState } from './wire-samples.js';

const folder = mkdtempSync(join(tmpdir(), 'alarm-server-package-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const packed = installPackedClient(folder);

/** As an application would write it: every kind of export, and a class that needs a socket of the ws package. */
const PROGRAM = `
import { AlarmClient, AlarmServerError, type Alarm, type AlarmClientOptions, type ClientState, type MessageOf, NotSentError, type SocketConstructor } from '@alarm-server/client';

export async function alarmsOf(url: string, WebSocket: SocketConstructor): Promise<Alarm[]> {
  const options: AlarmClientOptions = { url, token: 'a token', WebSocket, reconnect: false };
  const client = new AlarmClient(options);
  client.on('state', (state: ClientState) => state.name === 'ended' && state.why.message);
  client.on('alarm_update', ({ payload }: MessageOf<'alarm_update'>) => payload.data.price?.toFixed(4));
  await client.open();
  const refused: unknown = await client.triggerAlarm({ alarm_id: 'spot', price: NaN }).catch((error: unknown) => error);
  if (!(refused instanceof NotSentError) || refused instanceof AlarmServerError) throw new Error('it was sent');
  // @ts-expect-error A price is a number.
  client.triggerAlarm({ alarm_id: 'spot', price: '1.1' }).catch(() => undefined);
  const alarms = [...client.store.alarms.values()];
  await client.close();
  return alarms;
}
`;

const STRICT = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipDefaultLibCheck: true,
  types: [],
  target: 'ES2022',
  outDir: 'out',
};
const RESOLUTIONS = {
  'NodeNext, without the types of browsers': { module: 'NodeNext', lib: ['ES2022'] },
  'a bundler, with the types of browsers': { module: 'ESNext', moduleResolution: 'bundler', lib: ['ES2022', 'DOM'] },
};

t.test('CLI-10 the package has what it should, installs offline, type-checks and runs', async (t) => {
  const { project, files: paths } = await packed;
  const sources = readdirSync(join(root, 'client/src')).map((name) => name.replace(/\.ts$/, ''));
  const built = sources.flatMap((name) => [
    `dist/${name}.d.ts`,
    `dist/${name}.js`,
    `dist/${name}.js.map`,
    `src/${name}.ts`,
  ]);
  t.strictSame(
    built.filter((path) => !paths.includes(path)),
    [],
    'every module is there as code, as types, with its map and the source that it points to',
  );
  t.strictSame(
    paths.filter((path) => !path.includes('/')),
    ['LICENSE', 'README.md', 'package.json'],
  );
  t.strictSame(
    paths.filter((path) => /test|tsbuildinfo|tsconfig/.test(path)),
    [],
    'and nothing of the workshop',
  );

  const installed = JSON.parse(
    readFileSync(join(project, 'node_modules/@alarm-server/client/package.json'), 'utf8'),
  ) as Record<string, unknown>;
  t.match(installed, { license: 'MIT', version: /^\d+\.\d+\.\d+$/, private: undefined, dependencies: undefined });
  t.equal(
    readFileSync(join(project, 'node_modules/@alarm-server/client/LICENSE'), 'utf8'),
    readFileSync(join(root, 'LICENSE'), 'utf8'),
    "the licence is the project's",
  );

  writeFileSync(join(project, 'program.ts'), PROGRAM);
  const checks = Object.entries(RESOLUTIONS).map(async ([title, resolution], at) => {
    const config = join(project, `tsconfig.${at}.json`);
    writeFileSync(config, JSON.stringify({ compilerOptions: { ...STRICT, ...resolution }, files: ['program.ts'] }));
    const problems = await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', config], {
      cwd: project,
    }).then(
      () => '',
      ({ stdout }: { stdout: string }) => stdout,
    );
    t.equal(problems, '', `type-checks with the resolution of ${title}`);
  });
  await Promise.all(checks);

  const server = await startServer(t);
  void server.accept().then((peer) => peer.say(initialState()));
  const main = `import { createRequire } from 'node:module';
const { WebSocket } = createRequire(${JSON.stringify(join(root, 'package.json'))})('ws');
const { alarmsOf } = await import('./out/program.js');
console.log(JSON.stringify(await alarmsOf(${JSON.stringify(server.url)}, WebSocket)));`;
  writeFileSync(join(project, 'main.mjs'), main);
  const { stdout } = await run(process.execPath, ['main.mjs'], { cwd: project });
  t.strictSame(JSON.parse(stdout), [alarm()], 'and runs in Node, against what was installed');
});

t.test("CLI-14 the README's example for Node runs as it stands there, with what was installed", async (t) => {
  const server = await startRealServer(t);
  const client = await packed;
  linkWs(client);
  writeFileSync(join(client.project, 'desk.mjs'), readmeExample('js', server.url));
  const { stdout, stderr } = await run(process.execPath, ['desk.mjs'], { cwd: client.project });
  t.match(
    stdout,
    /^connecting\nlive\ncreated \{[\s\S]*triggered \{[\s\S]*price: 1\.085[\s\S]*ticker: 'EUR\/USD'[\s\S]*last_triggered: '2[\s\S]*ended\n$/,
  );
  t.equal(stderr, '');
});

t.test('CLI-10 a bundler makes a script for browsers of it: nothing of Node in it, and it runs', async (t) => {
  const { project } = await packed;
  const program = join(project, 'page.ts');
  writeFileSync(program, `import { alarmsOf } from './program.js';\nObject.assign(globalThis, { alarmsOf });\n`);
  writeFileSync(join(project, 'program.ts'), PROGRAM);
  const { outputFiles, metafile, warnings } = await build({
    entryPoints: [program],
    absWorkingDir: project,
    bundle: true,
    write: false,
    metafile: true,
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    logLevel: 'silent',
  });
  t.same(warnings, []);
  t.same(
    Object.keys(metafile.inputs).filter(
      (path) => !/^(page|program)\.ts$|^node_modules\/@alarm-server\/client\/dist\//.test(path),
    ),
    [],
    'it is made of the program and the package alone',
  );
  const [bundle] = outputFiles;
  t.ok(bundle!.contents.length < 100_000, `${bundle!.contents.length} bytes`);
  t.notMatch(bundle!.text, /\b(require\(|process\.|Buffer\.|from ['"]node:)/, "Node's own is not used");

  const server = await startServer(t);
  void server.accept().then((peer) => peer.say(initialState()));
  // What every browser has, and nothing else: no process, no Buffer, no require.
  const globals = {
    URL,
    URLSearchParams,
    TextEncoder,
    TextDecoder,
    AbortController,
    AbortSignal,
    fetch,
    crypto,
    performance,
  };
  const page = createContext({ ...globals, setTimeout, clearTimeout, setInterval, clearInterval, queueMicrotask });
  runInContext(bundle!.text, page);
  const { alarmsOf } = page as { alarmsOf: (url: string, socket: unknown) => Promise<unknown> };
  t.equal(JSON.stringify(await alarmsOf(server.url, WebSocket)), JSON.stringify([alarm()]));
});
