/** The yardstick measures what it should only if it sends the very messages the server sends. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tap from 'tap';
import { WebSocket } from 'ws';
import { ServerProcess } from '../../bench/server-process.js';
import { type Invocation, readOptions } from '../../load/options.js';
import { setUp } from '../../load/setup.js';

/** What a trigger with an id brings its sender: update and answer, ids, times and positions made equal. */
async function messagesOfATrigger(server: ServerProcess): Promise<string[]> {
  const { options } = readOptions(['--url', server.url, '--alarms', '16', '--users', '1']) as Invocation;
  const { publisher, alarms } = await setUp(options);
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws?token=${publisher.token}`);
  const messages: string[] = [];
  await once(socket, 'message');
  await new Promise<void>((resolve) => {
    socket.on('message', (data) => {
      if (messages.push(String(data)) === 2) resolve();
    });
    socket.send(
      JSON.stringify({ type: 'trigger_alarm', id: 'one', payload: { alarm_id: alarms[0]!.id, price: 1.085 } }),
    );
  });
  socket.close();
  return messages.sort().map((text) =>
    text
      .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<id>')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
      .replaceAll(/"position":"[^"]*"/g, '"position":"<position>"')
      .replaceAll(/"((?:first_|last_)?seq)":\d+/g, '"$1":<seq>'),
  );
}

tap.test('the ceiling sends what the server sends', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ceiling-test-'));
  const ceiling = await ServerProcess.ceiling();
  const server = await ServerProcess.real(folder);
  try {
    t.same(await messagesOfATrigger(ceiling), await messagesOfATrigger(server));
  } finally {
    await Promise.all([ceiling.stop(), server.stop()]);
    await rm(folder, { recursive: true, force: true });
  }
});
