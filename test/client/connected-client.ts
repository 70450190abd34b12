/** A client whose state has arrived, for the tests that begin there. */
import { AlarmClient, type AlarmClientOptions, type ServerMessage } from '@alarm-server/client';
import type { Test } from 'tap';
import { WebSocket } from 'ws';
import { type FakePeer, FakeServer, type FakeServerOptions } from './fake-server.js';
import { alarm, initialState } from './wire-samples.js';

/** A fake server that stops when the test ends. */
export async function startServer(t: Test, options?: FakeServerOptions): Promise<FakeServer> {
  const server = await FakeServer.start(options);
  t.teardown(() => server.stop());
  return server;
}

/** The client, and the fake server's end of its socket. */
export async function connected(
  t: Test,
  options: Partial<AlarmClientOptions> = {},
  state = initialState(),
): Promise<{ client: AlarmClient; peer: FakePeer; server: FakeServer }> {
  const server = await startServer(t);
  const accepted = server.accept();
  const connecting = AlarmClient.connect({
    url: server.url,
    token: 'secret-token',
    WebSocket,
    reconnect: false,
    ...options,
  });
  const peer = await accepted;
  peer.say(state);
  return { client: await connecting, peer, server };
}

/** What a server answers to a command that worked. */
export function answer(id: string, data: unknown = alarm()): ServerMessage {
  return { type: 'success', id, payload: { action: 'alarm_triggered', data, seq: 2, position: 'p2' } };
}
