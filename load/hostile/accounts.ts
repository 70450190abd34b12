/** Accounts of an attacker, made before the attack within the limits of an address: from neighbouring addresses where there are many. */
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import type { Account } from './attacker.js';

/** Registrations that an address is allowed at once, at least. */
const AN_ADDRESS = 8;
const PATIENCE_MS = 60_000;

/** `address` is 127.x.y.z; further ones have another y. Rejects where they cannot be made within a minute. */
export async function registerFrom(url: string, address: string, count: number): Promise<Account[]> {
  const accounts: Account[] = [];
  for (let n = 0; n < count; n++) {
    const from = address.replace(/^127\.0\.0\./, `127.0.${Math.floor(n / AN_ADDRESS)}.`);
    const credentials = { username: `h${randomBytes(9).toString('hex')}`, password: 'of no use to anybody' };
    const { id } = (await post(url, '/register', from, credentials, 201)) as { id: string };
    const { access_token } = (await post(url, '/login', from, credentials, 200)) as { access_token: string };
    accounts.push({ id, username: credentials.username, token: access_token });
  }
  return accounts;
}

/** Tries again while the server is too busy. */
async function post(url: string, path: string, localAddress: string, body: object, wanted: number): Promise<unknown> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const { status, text } = await send(url + path, localAddress, JSON.stringify(body));
    if (status === wanted) return JSON.parse(text);
    if ((status !== 429 && status !== 503) || Date.now() > deadline)
      throw new Error(`${path} was answered ${status} ${text}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

function send(url: string, localAddress: string, text: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: 'POST',
        localAddress,
        headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) },
      },
      (response) => {
        let answer = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text: answer }));
      },
    );
    sent.on('error', reject);
    sent.end(text);
  });
}
