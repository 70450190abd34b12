/** Connections that ask and then never read: what is sent to them fills the buffers of both kernels, and the rest waits in the server. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Test } from 'tap';
import { handshake } from './bare-connection.js';

async function stopped(t: Pick<Test, 'teardown'>, url: string, request: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), new URL(url).hostname);
  // Before it is connected: otherwise Node reads a first piece of what comes.
  socket.pause();
  socket.on('error', () => undefined);
  t.teardown(() => socket.destroy());
  await once(socket, 'connect');
  socket.write(request);
  return socket;
}

/** A socket of /ws that never reads its state. */
export const stoppedSocket = (t: Pick<Test, 'teardown'>, url: string, token: string): Promise<Socket> =>
  stopped(t, url, handshake(url, token));

/** A request over HTTP whose answer is never read. */
export const stoppedRequest = (t: Pick<Test, 'teardown'>, url: string, token: string, path: string): Promise<Socket> =>
  stopped(t, url, `GET ${path} HTTP/1.1\r\nHost: ${new URL(url).host}\r\nAuthorization: Bearer ${token}\r\n\r\n`);
