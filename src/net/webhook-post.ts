/**
 * Sends a POST to a webhook. The host is resolved here, each address is checked, and the connection is made to a checked address, whose peer is
 * checked again before a byte is sent: an answer of the DNS that changes meanwhile leads nowhere. Redirects are not followed.
 */
import { lookup } from 'node:dns/promises';
import { type ClientRequest, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { AllowedTargets } from './inner-addresses.js';

/** Addresses of a host name. Rejects if there is none. */
export type Resolve = (host: string) => Promise<readonly string[]>;

export const resolveHost: Resolve = async (host) => (await lookup(host, { all: true })).map(({ address }) => address);

export type Posted =
  /** `retryAfter`: the header, if there is one. */
  | { readonly kind: 'answered'; readonly status: number; readonly retryAfter: string | undefined }
  /** No answer: why, as words that name no address. */
  | { readonly kind: 'failed'; readonly why: string }
  /** The host is, or resolves to, an address that must not be connected to: nothing was sent. */
  | { readonly kind: 'inner' };

export interface PostOptions {
  readonly allowed: AllowedTargets;
  readonly resolve?: Resolve;
  /** For the whole try, in milliseconds. */
  readonly timeoutMs: number;
  /** Ends the try. */
  readonly ending?: AbortSignal;
}

/** Bytes of an answer that are read; it means nothing beyond its status. */
const ANSWER_BYTES = 64 * 1024;

/** The host of a URL without the brackets of an IPv6 address. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1');

/** The addresses of the host that may be connected to; `inner` if it has only others. Rejects if the host cannot be resolved. */
export async function checkedAddresses(
  host: string,
  { allowed, resolve = resolveHost }: Pick<PostOptions, 'allowed' | 'resolve'>,
): Promise<readonly string[] | 'inner'> {
  const found = isIP(host) === 0 ? await resolve(host) : [host];
  // One inner address among them is enough: such a name is not to be trusted.
  return found.length > 0 && found.every((address) => allowed.allows(host, address)) ? found : 'inner';
}

export async function post(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  options: PostOptions,
): Promise<Posted> {
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const signal = options.ending ? AbortSignal.any([timeout, options.ending]) : timeout;
  const ended = new Promise<Posted>((resolve) =>
    signal.addEventListener('abort', () => resolve({ kind: 'failed', why: whyEnded(timeout, options.timeoutMs) })),
  );
  return Promise.race([ended, tryOnce(url, headers, body, options, signal)]);
}

const whyEnded = (timeout: AbortSignal, timeoutMs: number): string =>
  timeout.aborted ? `no answer within ${timeoutMs / 1_000} s` : 'the server was stopping';

async function tryOnce(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  options: PostOptions,
  signal: AbortSignal,
): Promise<Posted> {
  const host = hostOf(url);
  let addresses: readonly string[] | 'inner';
  try {
    addresses = await checkedAddresses(host, options);
  } catch {
    return { kind: 'failed', why: 'the host name could not be resolved' };
  }
  if (addresses === 'inner') return { kind: 'inner' };
  let failed: Posted = { kind: 'failed', why: 'no connection' };
  for (const address of addresses.slice(0, 4)) {
    if (signal.aborted) break;
    const socket = await connected(address, url, signal).catch((error: Error) => error);
    if (socket instanceof Error) {
      failed = { kind: 'failed', why: `no connection: ${codeOf(socket)}` };
      continue;
    }
    if (!options.allowed.allows(host, socket.remoteAddress ?? '')) {
      socket.destroy();
      return { kind: 'inner' };
    }
    return send(url, headers, body, socket, signal);
  }
  return failed;
}

const codeOf = (error: Error): string => (error as NodeJS.ErrnoException).code ?? error.name;

/** A connection to this address; with TLS whose certificate is that of the URL's host. */
function connected(address: string, url: URL, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const isTls = url.protocol === 'https:';
    const port = Number(url.port) || (isTls ? 443 : 80);
    const host = hostOf(url);
    const socket: Socket = isTls
      ? connectTls({ host: address, port, ...(isIP(host) === 0 ? { servername: host } : {}) })
      : connect({ host: address, port });
    const onAbort = (): void => void socket.destroy(new Error('ended'));
    signal.addEventListener('abort', onAbort);
    socket.once(isTls ? 'secureConnect' : 'connect', () => resolve(socket));
    socket.on('error', reject);
    socket.once('close', () => signal.removeEventListener('abort', onAbort));
  });
}

function send(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  socket: Socket,
  signal: AbortSignal,
): Promise<Posted> {
  return new Promise((resolve) => {
    const over = (posted: Posted): void => {
      resolve(posted);
      socket.destroy();
    };
    const request: ClientRequest = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': String(body.length), connection: 'close' },
      agent: false,
      createConnection: () => socket,
      signal,
    });
    request.on('error', (error) => over({ kind: 'failed', why: `the connection broke: ${codeOf(error)}` }));
    request.on('response', (response) => {
      const answered: Posted = {
        kind: 'answered',
        status: response.statusCode ?? 0,
        retryAfter: response.headers['retry-after'],
      };
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > ANSWER_BYTES) over(answered);
      });
      response.on('end', () => over(answered));
      response.on('error', () => over(answered));
      response.on('close', () => over(answered));
    });
    request.end(body);
  });
}
