/** Cases over HTTP: valid requests of every operation in the server's own OpenAPI document as the grammar, changed in path, query, head, body and bytes. */
import type { Random } from '../crash/random.js';
import { mutatedBytes, mutatedJson } from './json-mutations.js';
import { type JsonSchema, valueOf } from './schema-values.js';
import type { World } from './world.js';

interface Parameter {
  readonly in: 'path' | 'query' | 'header';
  readonly name: string;
  readonly required?: boolean;
  readonly schema: JsonSchema;
}

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly bodies: readonly (readonly [mediaType: string, schema: JsonSchema])[];
}

export interface HttpGrammar {
  readonly operations: readonly Operation[];
  readonly resolve: (ref: string) => JsonSchema;
}

export interface HttpCase {
  /** Bytes of one request or several, in the segments they are written in. */
  readonly writes: readonly Buffer[];
  readonly pauseMs: number;
  /** The connection is not ended by us before an answer can come. */
  readonly waits: boolean;
  /** Its intention, for a report. */
  readonly line: string;
}

/** Operations that end the session they are called with, or change what others log in with: only with a token to spare. */
const ENDING = /^\/(logout|password)/;
const DELETION_TAKEN = 0.15;

export async function readGrammar(url: string): Promise<HttpGrammar> {
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
    paths: Record<
      string,
      Record<string, { parameters?: Parameter[]; requestBody?: { content: Record<string, { schema: JsonSchema }> } }>
    >;
    components?: { schemas?: Record<string, JsonSchema> };
  };
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => /^(get|put|post|patch|delete|head|options)$/.test(method))
      .map(([method, { parameters = [], requestBody }]) => ({
        method: method.toUpperCase(),
        path,
        parameters,
        bodies: Object.entries(requestBody?.content ?? {}).map(
          ([mediaType, { schema }]) => [mediaType, schema] as const,
        ),
      })),
  );
  return { operations, resolve: (ref) => document.components?.schemas?.[ref.split('/').at(-1)!] ?? {} };
}

const METHODS = ['GET', 'POST', 'PATCH', 'DELETE', 'PUT', 'HEAD', 'OPTIONS', 'TRACE', 'get', 'FOO', ''] as const;
const PATHS = [
  '/',
  '//',
  '/pages/',
  '/pages//',
  '/pages/%00',
  '/pages/%ff',
  '/pages/%',
  '/pages/%2e%2e',
  '/../metrics',
  '*',
  'http://other.example/pages',
  '/ws',
  '/ws?token=x',
  `/${'x'.repeat(9_000)}`,
  '/pages?',
  '/pages#x',
  '/\u00e9',
  '/alarms/x/events/',
] as const;
const QUERIES = [
  '',
  '=',
  '&',
  '%',
  '%ff=%ff',
  'x',
  'x=1&x=2',
  'after_seq=',
  'after_seq=0x10',
  'after_seq=1e3',
  'after_seq=%205',
  'after_seq=-2',
  'after_seq=5&after_seq=6',
  'limit=0',
  'limit=1001',
  'limit=99999999999999999999',
  'min_position=',
  'min_position=-1',
  `min_position=${'9'.repeat(40)}`,
  'username=',
  `username=${'%EF%B7%BA'.repeat(1_024)}`,
  'username=%F6',
  `q=${'y'.repeat(9_000)}`,
] as const;
const MEDIA_TYPES = [
  'application/json',
  'application/json; charset=latin1',
  'application/x-www-form-urlencoded',
  'text/plain',
  'application/problem+json',
  '',
  ';',
  'multipart/form-data',
] as const;
const HEADERS = [
  'Idempotency-Key: ',
  'Idempotency-Key: x\r\nIdempotency-Key: y',
  `Idempotency-Key: ${'k'.repeat(65)}`,
  'Idempotency-Key: é',
  'X-Forwarded-For: 1.2.3.4, ,',
  'X-Forwarded-For: ::',
  'Expect: 100-continue',
  'Connection: close',
  'Connection: Upgrade\r\nUpgrade: websocket',
  `Cookie: ${'c'.repeat(5_000)}`,
  'Range: bytes=0-1',
  'Origin: https://other.example',
  'Authorization: Bearer',
  'Authorization: Basic eDp5',
  'Authorization: Bearer x.y.z',
  'Folded: a\r\n b',
  'No colon',
  ': nothing',
  'Content-Length: 5',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: identity',
  'Accept-Encoding: gzip',
  'If-None-Match: *',
] as const;

export function httpCase(
  random: Random,
  world: World,
  { operations, resolve }: HttpGrammar,
  spareToken: string,
): HttpCase {
  const requests = Array.from({ length: random.chance(0.1) ? random.between(2, 6) : 1 }, () =>
    request(random, world, pick(operations, random), resolve, spareToken),
  );
  const bytes = Buffer.concat(requests.map(({ bytes }) => bytes));
  const pieces = random.between(0, 3);
  const at = random.between(0, bytes.length);
  return {
    writes:
      pieces === 0
        ? [bytes.subarray(0, at), bytes.subarray(at)]
        : pieces === 1 && random.chance(0.3)
          ? [bytes.subarray(0, at)]
          : [bytes],
    pauseMs: random.between(0, 3),
    waits: random.chance(0.85),
    line: requests.map(({ line }) => line).join(' + '),
  };
}

function pick(operations: readonly Operation[], random: Random): Operation {
  for (;;) {
    const operation = random.among(operations)!;
    if (operation.method !== 'DELETE' || random.chance(DELETION_TAKEN)) return operation;
  }
}

function request(
  random: Random,
  world: World,
  { method, path, parameters, bodies }: Operation,
  resolve: HttpGrammar['resolve'],
  spareToken: string,
): { bytes: Buffer; line: string } {
  const value = (schema: JsonSchema, name: string): unknown => valueOf(schema, name, random, world, resolve);
  let target = path.replace(/\{(\w+)\}/g, (_match, name: string) => {
    const id = String(value({ type: 'string' }, name));
    return encodeURIComponent(random.chance(0.1) ? (random.among(world.ids) ?? id) : id);
  });
  const query = parameters
    .filter(({ in: place, required }) => place === 'query' && (required || random.chance(0.5)))
    .map(({ name, schema }) => `${name}=${encodeURIComponent(String(value(schema, name)))}`);
  if (random.chance(0.15)) query.push(random.among(QUERIES)!);
  if (query.length > 0) target += `?${query.join('&')}`;
  if (random.chance(0.04)) target = random.among(PATHS)!;
  const body = random.among(bodies);
  const headers = [
    'Host: x',
    `Authorization: Bearer ${ENDING.test(path) ? spareToken : (random.among(world.tokens) ?? '')}`,
  ];
  if (random.chance(0.3)) headers.push(`Idempotency-Key: ${random.chance(0.2) ? 'again' : random.uuid()}`);
  if (random.chance(0.15)) headers.push(random.among(HEADERS)!);
  if (random.chance(0.03)) headers.shift();
  let content: Buffer = Buffer.alloc(0);
  if (body) {
    content = bodyOf(body[0], value(body[1], 'body'), random, world);
    headers.push(`Content-Type: ${random.chance(0.08) ? random.among(MEDIA_TYPES)! : body[0]}`);
  } else if (method !== 'GET' && random.chance(0.2)) content = Buffer.from(random.among(['{}', '[]', 'x', '{"x":1}'])!);
  const framed = framedBody(content, random, headers, method);
  const line = `${random.chance(0.03) ? random.among(METHODS)! : method} ${target} HTTP/${random.chance(0.02) ? random.among(['1.0', '0.9', '2.0', '1.2', ''])! : '1.1'}`;
  const head = Buffer.from([line, ...headers, '', ''].join('\r\n'));
  return {
    bytes: Buffer.concat([random.chance(0.03) ? mutatedBytes(head.toString(), random) : head, framed]),
    line: line.slice(0, 120),
  };
}

function bodyOf(mediaType: string, valid: unknown, random: Random, world: World): Buffer {
  if (mediaType.includes('form')) {
    const form = new URLSearchParams(valid as Record<string, string>).toString();
    return random.chance(0.3)
      ? Buffer.from(form)
      : mutatedBytes(
          form + random.among(['', '&', '&username=x', '&password=%F6', '&password=p%E4ss', '&=', '%'])!,
          random,
        );
  }
  const text = random.chance(0.15) ? JSON.stringify(valid) : mutatedJson(valid, random, world.ids);
  return random.chance(0.15) ? mutatedBytes(text, random) : Buffer.from(text);
}

/** With its length, in chunks, or with a length or chunks that lie. Adds the header. */
function framedBody(content: Buffer, random: Random, headers: string[], method: string): Buffer {
  const kind = random.between(0, 19);
  if (kind === 0) {
    headers.push('Transfer-Encoding: chunked');
    const size = random.among([content.length.toString(16), 'zz', 'ffffffffffffffff', '-1', '0', ''])!;
    return Buffer.concat([Buffer.from(`${size}\r\n`), content, Buffer.from('\r\n0\r\n\r\n')]);
  }
  if (kind === 1) {
    headers.push('Transfer-Encoding: chunked');
    return Buffer.concat([
      ...[...content].slice(0, 300).map((byte) => Buffer.from([0x31, 13, 10, byte, 13, 10])),
      Buffer.from('0\r\n\r\n'),
    ]);
  }
  if (kind === 2)
    headers.push(
      `Content-Length: ${random.among([content.length + 1, Math.max(0, content.length - 1), -1, '9'.repeat(20), 'x', ''])!}`,
    );
  else if (content.length > 0 || method !== 'GET') headers.push(`Content-Length: ${content.length}`);
  return content;
}
