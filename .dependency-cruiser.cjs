/** The folder tree is the architecture: who may import whom, downwards only, without a cycle. */
const only = (folder, allowed) => ({
  name: folder,
  severity: 'error',
  comment: `src/${folder} may import only ${allowed.join(', ') || 'nothing'} of src`,
  from: { path: `^src/${folder}/` },
  to: {
    path: '^src/',
    pathNot: [`^src/${folder}/`, ...allowed.map((other) => `^src/${other}${other.endsWith('.ts') ? '$' : '/'}`)],
  },
});

module.exports = {
  forbidden: [
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphan',
      severity: 'error',
      from: { orphan: true, pathNot: ['\\.test\\.ts$', '^bench/baselines/(store-client|ceiling)\\.ts$', '\\.d\\.ts$'] },
      to: {},
    },
    {
      name: 'domain-is-pure',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: { pathNot: ['^src/domain/', 'node_modules/zod/'] },
    },
    only('net', []),
    only('protocol', ['net', 'domain']),
    only('log', ['domain']),
    only('projections', ['protocol', 'log', 'domain', 'thread-loading.ts']),
    // Of net/ only the rate limiter, which knows nothing of connections.
    only('auth', ['projections', 'log', 'domain', 'net/token-bucket.ts']),
    only('commands', ['projections', 'protocol', 'log', 'domain', 'net/token-bucket.ts']),
    only('evidence', ['log', 'domain', 'service.ts', 'thread-loading.ts']),
    only('feeds', ['projections', 'log']),
    only('processes', ['feeds', 'commands', 'projections', 'protocol', 'net', 'log', 'domain', 'service.ts']),
    only('delivery', ['projections', 'protocol', 'net', 'log', 'domain']),
    only('gateway', ['delivery', 'commands', 'auth', 'projections', 'protocol', 'net', 'log', 'domain']),
    only('http', ['commands', 'evidence', 'feeds', 'auth', 'projections', 'protocol', 'net', 'log', 'domain']),
    {
      name: 'only-app-knows-all',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(app|main|engine|config|cli/.+)\\.ts$' },
      to: { path: '^src/(app|main|engine|config|limits|metrics)\\.ts$' },
    },
    {
      name: 'one-importer-of-better-sqlite3',
      severity: 'error',
      from: { pathNot: '^src/log/sqlite/database\\.ts$' },
      to: { path: 'node_modules/better-sqlite3/' },
    },
    {
      name: 'one-importer-of-the-eventstoredb-client',
      severity: 'error',
      comment: 'but for the benchmark of the client alone',
      from: { pathNot: '^(src/log/eventstoredb/|bench/baselines/store-client)' },
      to: { path: 'node_modules/@eventstore/' },
    },
    {
      name: 'engine-loads-eventstoredb-when-asked',
      severity: 'error',
      comment: 'the embedded log starts without the client',
      from: { path: '^src/engine\\.ts$' },
      to: { path: '^src/log/eventstoredb/', dependencyTypesNot: ['dynamic-import'] },
    },
    {
      name: 'the-client-stands-alone',
      severity: 'error',
      from: { path: '^client/src/' },
      to: { pathNot: '^client/src/' },
    },
    {
      name: 'the-console-uses-the-client-alone',
      severity: 'error',
      comment: 'and what it is drawn with; no other part of the server',
      from: { path: '^console/src/' },
      to: { pathNot: ['^console/src/', '^client/', '^node_modules/(preact|@preact|uplot)/'] },
    },
    {
      name: 'tools-use-the-wire',
      severity: 'error',
      comment: 'the load tool and the demo know the server only from outside',
      from: { path: '^(load|demo)/' },
      to: { path: '^src/' },
    },
    { name: 'no-deprecated-or-unknown', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|client/dist)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.d.ts'],
    },
  },
};
