/** Endpoints for operators and client developers: health, readiness, metrics, and the API documents. */

import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Registry } from 'prom-client';
import { z } from 'zod';
import { equal } from '../auth/hs256.js';
import type { Evidence } from '../evidence/evidence.js';
import { bearerToken } from '../net/bearer.js';
import type { Projection } from '../projections/projection.js';
import { type Endpoint, json, type Reply } from './endpoint.js';
import { problem } from './problems.js';

/** Lag of the read models above which the node reports that it is not ready, in milliseconds. */
const READY_LAG_MS = 5_000;

const State = z.object({ status: z.string().meta({ example: 'ok' }) });
const Health = State.extend({ version: z.string().meta({ example: '0.1.0' }) });
const Readiness = State.extend({
  lag_events: z.number().int(),
  lag_ms: z.number().int(),
  evidence: z
    .enum(['checking', 'signed', 'unsigned', 'differs'])
    .meta({ description: 'differs: the log is not what was signed; nothing is signed any more.' }),
});

export interface WatchedOptions {
  readonly projection: Projection;
  readonly evidence: Pick<Evidence, 'status'>;
  readonly registry: Registry;
  /** What a scraper must send; undefined: nothing. */
  readonly metricsToken: string | undefined;
}

export interface SystemOptions {
  /** Of this server. */
  readonly version: string;
  /** Make the documents: called once, at the first request, since that takes longer than all else of a start. */
  readonly openApi: () => string;
  readonly asyncApi: (version: string) => string;
}

/** The page may only run its own scripts, only connect to this server, and not be framed by others. swagger-ui sets styles inline. */
const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The interactive page, from the files of swagger-ui-dist: it requests nothing from other hosts. */
const docsPage = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Alarm server: API</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css">
    <link rel="icon" href="data:,">
  </head>
  <body>
    <div id="ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;
const docsStart = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#ui', deepLinking: true, persistAuthorization: false });\n`;

/** What is served with these media types. */
const bodies: Readonly<Record<string, z.ZodType>> = {
  'application/json': z.record(z.string(), z.unknown()).meta({ example: { info: { title: 'Alarm server' } } }),
  'text/plain': z.string().meta({ example: '# TYPE alarm_sockets gauge\nalarm_sockets 2\n' }),
  'text/html': z.string().meta({ example: '<!doctype html>' }),
};

const plain = (id: string, summary: string, mediaType: string, schema: z.ZodType) => ({
  tag: 'operations' as const,
  id,
  summary,
  authenticated: false,
  success: { status: 200, description: summary, mediaType, schema },
});

const served = (
  path: string,
  id: string,
  summary: string,
  mediaType: string,
  body: () => string | Buffer | Promise<string>,
): Endpoint => ({
  method: 'GET',
  path,
  describe: plain(id, summary, mediaType, bodies[mediaType.split(';')[0] ?? ''] ?? z.string()),
  handle: async () => ({ status: 200, headers: { 'Content-Type': mediaType }, body: await body() }),
});

/** What is watched: on the port of the API, or where METRICS_PORT is set on that one alone. */
export const watchedEndpoints = ({ projection, evidence, registry, metricsToken }: WatchedOptions): Endpoint[] => [
  {
    method: 'GET',
    path: '/ready',
    describe: {
      ...plain(
        'get_readiness',
        'The node can serve: how far the read models are behind.',
        'application/json',
        Readiness,
      ),
      otherwise: { status: 503, description: 'The read models are too far behind.' },
    },
    handle: () => readiness(projection, evidence),
  },
  guarded(
    metricsToken,
    served('/metrics', 'get_metrics', 'Metrics in the format of Prometheus.', registry.contentType, () =>
      registry.metrics(),
    ),
  ),
];

/** The endpoint, for whoever sends the token; as it is where there is none. */
function guarded(token: string | undefined, endpoint: Endpoint): Endpoint {
  if (token === undefined) return endpoint;
  return {
    ...endpoint,
    describe: { ...endpoint.describe, authenticated: true },
    handle: (request) =>
      isToken(bearerToken(request.headers.authorization), token)
        ? endpoint.handle(request)
        : {
            ...problem('unauthorized', 'The metrics need a token: send Authorization: Bearer <METRICS_TOKEN>'),
            logged: { message: 'metrics refused', fromAnybody: true },
          },
  };
}

/** In the same time wherever they differ. */
const isToken = (given: string | undefined, token: string): boolean =>
  given !== undefined && equal(hash('sha256', given), hash('sha256', token));

function once(make: () => string): () => string {
  let made: string | undefined;
  return () => (made ??= make());
}

export function systemEndpoints({ version, openApi, asyncApi }: SystemOptions): Endpoint[] {
  const swagger = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const asset = (name: string, mediaType: string): Endpoint => {
    const content = readFileSync(join(swagger, name));
    return served(`/docs/${name}`, 'get_docs_file', 'A file of the interactive page.', mediaType, () => content);
  };
  return [
    {
      method: 'GET',
      path: '/health',
      describe: plain('get_health', 'The process lives.', 'application/json', Health),
      handle: () => json(200, JSON.stringify({ status: 'ok', version } satisfies z.infer<typeof Health>)),
    },
    served('/openapi.json', 'get_openapi', 'This document.', 'application/json', once(openApi)),
    served(
      '/asyncapi.json',
      'get_asyncapi',
      'The AsyncAPI document of the socket and of the event streams.',
      'application/json',
      once(() => asyncApi(version)),
    ),
    {
      ...served('/docs', 'get_docs', 'The interactive page of this API.', 'text/html; charset=utf-8', () => docsPage),
      handle: () => ({
        status: 200,
        headers: { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': DOCS_POLICY },
        body: docsPage,
      }),
    },
    served('/docs/start.js', 'get_docs_file', 'A file of the interactive page.', 'text/javascript', () => docsStart),
    asset('swagger-ui.css', 'text/css'),
    asset('swagger-ui-bundle.js', 'text/javascript'),
  ];
}

function readiness(projection: Projection, evidence: Pick<Evidence, 'status'>): Reply {
  const { events, milliseconds } = projection.writer.lag;
  const ready = milliseconds < READY_LAG_MS;
  return json(
    ready ? 200 : 503,
    JSON.stringify({
      status: ready ? 'ready' : 'behind',
      lag_events: events,
      lag_ms: Math.round(milliseconds),
      evidence: evidence.status,
    } satisfies z.infer<typeof Readiness>),
  );
}
