/** HTTP requests of `npm run admin` to the server on this machine, each with a new token that is valid for one minute. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { issueAdminToken } from '../auth/admin-tokens.js';
import { signingSecret } from '../auth/secret.js';
import type { Config } from '../config.js';

/** Timeout of a request, in milliseconds. */
const ANSWER_MS = 35_000;

export interface Answer {
  readonly status: number;
  /** The body as parsed JSON; undefined if there is none. */
  readonly json: unknown;
}

export interface ServerConnection {
  /** Rejects with a sentence if the server cannot be reached or answers with a problem. */
  ask(method: string, path: string, body?: unknown): Promise<unknown>;
}

/** `url`: the server's address; undefined: the address in its settings. */
export function connectTo(config: Config, url: string | undefined): ServerConnection {
  const base = new URL(url ?? ownUrl(config));
  if (base.protocol !== 'http:' && base.protocol !== 'https:')
    throw new Error(`--url must begin with http:// or https://, not ${base.protocol}`);
  if (base.protocol === 'http:' && !isLoopback(base.hostname))
    throw new Error(
      `${base.origin} is another machine, and over http:// a token of the server would be readable on the way: use https://, or run this on the server's machine.`,
    );
  const secret = signingSecret({ configured: config.jwtSecret, dataDir: config.dataDir });
  // The certificate is for the server's public name, so it is compared with TLS_CERT_FILE instead of checked against the host.
  const pinned =
    config.tls && isLoopback(base.hostname) ? new X509Certificate(readFileSync(config.tls.certFile)).raw : undefined;
  return {
    async ask(method, path, body) {
      const answer = await send(new URL(path, base), method, body, issueAdminToken(secret), pinned);
      if (answer.status >= 400) throw new Error(sentenceOf(answer, base));
      return answer.json;
    },
  };
}

const isLoopback = (host: string): boolean => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(host);

function ownUrl({ host, port, tls }: Config): string {
  const reached = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return `http${tls ? 's' : ''}://${reached}:${port}`;
}

function sentenceOf({ status, json }: Answer, { origin }: URL): string {
  const detail = (json as { detail?: unknown } | undefined)?.detail;
  if (status === 401)
    return `${origin} does not take the token that was signed with the secret found here: is it the same secret (JWT_SECRET_KEY, DATA_DIR), and do the clocks agree?`;
  return typeof detail === 'string' ? detail : `${origin} has answered with status ${status}.`;
}

function send(url: URL, method: string, body: unknown, token: string, pinned: Buffer | undefined): Promise<Answer> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    Authorization: `Bearer ${token}`,
    ...(text === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }),
  };
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void =>
      reject(new Error(`There is no answer from ${url.origin} (${error.message}): is the server running there?`));
    const sending =
      url.protocol === 'https:'
        ? httpsRequest(url, { method, headers, timeout: ANSWER_MS, agent: false, rejectUnauthorized: !pinned })
        : httpRequest(url, { method, headers, timeout: ANSWER_MS, agent: false });
    sending.on('error', fail);
    sending.on('timeout', () => sending.destroy(new Error(`nothing for ${ANSWER_MS / 1_000} s`)));
    sending.on('response', (response) => void read(response).then(resolve, fail));
    if (!pinned) return sending.end(text);
    // Nothing is sent before the certificate has been checked.
    sending.on('socket', (socket) =>
      socket.on('secureConnect', () => {
        if ((socket as TLSSocket).getPeerCertificate().raw.equals(pinned)) return sending.end(text);
        sending.destroy(
          new Error('another certificate is served there than that of TLS_CERT_FILE; after a renewal send SIGHUP'),
        );
      }),
    );
  });
}

async function read(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return { status: response.statusCode ?? 0, json: text === '' ? undefined : JSON.parse(text) };
}
