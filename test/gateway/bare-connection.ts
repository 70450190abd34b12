/** A TCP connection on which a test writes the bytes itself: what no library would send. */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type { Test } from 'tap';

export interface BareConnection {
  readonly socket: Socket;
  /** Everything received, as Latin-1 text. */
  received(): string;
  /** Resolves when the received text includes `text`. */
  until(text: string): Promise<void>;
  /** Resolves when the other side has ended or reset it, to how long that took from its opening, in milliseconds. */
  readonly gone: Promise<number>;
}

export function openBare(t: Test, url: string): BareConnection {
  const { hostname, port } = new URL(url);
  const startedAt = performance.now();
  const socket = connect(Number(port), hostname);
  let text = '';
  const looking = new Set<() => void>();
  socket.on('data', (data) => {
    text += data.toString('latin1');
    for (const look of looking) look();
  });
  socket.on('error', () => undefined);
  t.teardown(() => socket.destroy());
  return {
    socket,
    received: () => text,
    until: (wanted) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (text.includes(wanted)) resolve();
        };
        looking.add(look);
        socket.once('close', () =>
          reject(new Error(`it closed before ${JSON.stringify(wanted)} came: ${JSON.stringify(text.slice(0, 500))}`)),
        );
        look();
      }),
    gone: new Promise((resolve) => socket.once('close', () => resolve(performance.now() - startedAt))),
  };
}

/** The request of a good handshake, to be written as it is or in part. */
export const handshake = (url: string, token: string): string =>
  [
    `GET /ws?token=${token} HTTP/1.1`,
    `Host: ${new URL(url).host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    '',
    '',
  ].join('\r\n');

/** A connection that has shaken hands and had its first message. */
export async function openBareSocket(t: Test, url: string, token: string): Promise<BareConnection> {
  const bare = openBare(t, url);
  bare.socket.write(handshake(url, token));
  await bare.until('initial_state');
  return bare;
}

/** A frame: its first byte (FIN, reserved bits, opcode), and its payload, masked with zeros unless told otherwise. */
export function frame(
  first: number,
  payload: Uint8Array | string,
  { masked = true, length = Buffer.byteLength(payload) } = {},
): Buffer {
  const mask = masked ? 0x80 : 0;
  const header =
    length < 126 ? Buffer.from([first, mask | length]) : Buffer.from([first, mask | 126, length >> 8, length & 0xff]);
  return Buffer.concat([header, masked ? Buffer.alloc(4) : Buffer.alloc(0), Buffer.from(payload as string)]);
}
