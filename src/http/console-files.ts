/** Serves the console, the server's own web page (console/), as its build left it. It is no part of the API and of its documents. */
import { hash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import type { Endpoint, HttpRequest, Reply } from './endpoint.js';

/** Where `npm run build` puts it: dist/console, beside dist/src. */
const BUILT = fileURLToPath(new URL('../../console/', import.meta.url));

/** Nothing comes from elsewhere, nothing is inline, and nobody may frame it. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
};

/** The content of a file never changes under its name, which contains a hash of it. */
const FOR_EVER = 'public, max-age=31536000, immutable';
/** Asked for again each time, and answered with 304 while it is the same. */
const ASK_AGAIN = 'no-cache';

const headers = { 'Content-Security-Policy': POLICY, 'Referrer-Policy': 'no-referrer' };

export const isConsoleBuilt = (folder = BUILT): boolean => existsSync(join(folder, 'index.html'));

/** `/`, the page, and each of its files. Nothing, with a sentence for `warn`, if the console was not built. */
export function consoleFiles(warn: (sentence: string) => void, folder = BUILT): Endpoint[] {
  if (!isConsoleBuilt(folder)) {
    warn('The console was not built, so /console/ is not served: run npm run build');
    return [];
  }
  const file = (name: string): Buffer => readFileSync(join(folder, name));
  const files = readdirSync(join(folder, 'files')).map((name) => {
    // The licences are the one file whose name has no hash.
    const caching = extname(name) === '.txt' ? ASK_AGAIN : FOR_EVER;
    return served(`/console/files/${name}`, file(join('files', name)), caching);
  });
  return [
    redirecting('/'),
    redirecting('/console'),
    served('/console/', file('index.html'), ASK_AGAIN, TYPES['.html']),
    ...files,
  ];
}

function served(path: string, content: Buffer, caching: string, type = TYPES[extname(path)]): Endpoint {
  const tag = hash('sha256', content, 'base64url').slice(0, 22);
  let zipped: Buffer | undefined;
  const shared = { ...headers, 'Cache-Control': caching, Vary: 'Accept-Encoding' };
  return got(path, ({ headers: sent }) => {
    const isZipped = acceptsGzip(sent['accept-encoding']);
    // Two representations, two tags (RFC 9110, section 8.8.3).
    const etag = isZipped ? `"${tag}-gzip"` : `"${tag}"`;
    if (matches(sent['if-none-match'], etag)) return { status: 304, headers: { ...shared, ETag: etag } };
    return {
      status: 200,
      headers: {
        ...shared,
        ETag: etag,
        'Content-Type': type ?? 'application/octet-stream',
        ...(isZipped ? { 'Content-Encoding': 'gzip' } : {}),
      },
      body: isZipped ? (zipped ??= gzipSync(content, { level: 9 })) : content,
    };
  });
}

/** Leads to the page. A path, so that it is right behind any proxy; and not for ever, so that browsers do not keep it. */
const redirecting = (path: string): Endpoint =>
  got(path, () => ({ status: 302, headers: { ...headers, Location: '/console/' } }));

const got = (path: string, handle: (request: HttpRequest) => Reply): Endpoint => ({
  method: 'GET',
  path,
  describe: {
    tag: 'operations',
    id: 'get_console',
    summary: 'The console.',
    authenticated: false,
    success: { status: 200, description: 'A file of the console.', schema: z.string() },
  },
  handle,
});

/** RFC 9110, section 12.5.3: `gzip` or `*` is listed, and not with a weight of 0. */
function acceptsGzip(accepted: string): boolean {
  const weights = new Map(
    accepted.split(',').map((coding) => {
      const [name = '', ...parameters] = coding.toLowerCase().split(';');
      const weight = parameters.map((one) => /^\s*q\s*=\s*([\d.]+)\s*$/.exec(one)?.[1]).find(Boolean);
      return [name.trim(), weight === undefined ? 1 : Number(weight)] as const;
    }),
  );
  return (weights.get('gzip') ?? weights.get('*') ?? 0) > 0;
}

/** RFC 9110, section 13.1.2: weak comparison with a list of tags, or `*`. */
const matches = (sent: string, etag: string): boolean =>
  sent.trim() === '*' || sent.split(',').some((one) => one.trim().replace(/^W\//, '') === etag);
