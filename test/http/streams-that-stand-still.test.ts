/** uWebSockets.js closes a connection on which nothing moves for 8 to 12 s. A stream stays open for longer: this takes 13 s. */
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { ask, RecordedSource, read, serveStreams, until } from './streaming-server.js';

const STILL_MS = 13_000;
const CHUNKS = 300;
const chunk = (at: number): Buffer => Buffer.alloc(100_003, at % 251);

t.test(
  'HTTP-21 nothing is taken, or nothing sent, for 13 s: then both streams go on, and nothing is missing',
  async (t) => {
    const unread = new RecordedSource(async function* () {
      for (let at = 0; at < CHUNKS; at += 1) yield chunk(at);
    });
    const silent = new RecordedSource(async function* () {
      await pause(STILL_MS);
      yield 'at last\n';
    });
    const { url, undelivered } = serveStreams(t, {
      '/unread': () => unread.reply(),
      '/silent': () => silent.reply({ opening: '\n' }),
    });
    const [{ answer }, { answer: quiet }] = await Promise.all([ask(t, `${url}/unread`), ask(t, `${url}/silent`)]);
    await until(() => undelivered.bytes > 0);
    const { pulled } = unread;
    t.same(await read(quiet), { text: '\nat last\n', isComplete: true });
    t.equal(unread.pulled, pulled);
    const [expected, received] = [createHash('sha256'), createHash('sha256')];
    for (let at = 0; at < CHUNKS; at += 1) expected.update(chunk(at));
    for await (const part of answer) received.update(part as Buffer);
    t.equal(answer.complete, true);
    t.equal(received.digest('hex'), expected.digest('hex'));
  },
);
