/** Replies whose length is not known when they begin: over real sockets, from sources that the test turns. */
import { once } from 'node:events';
import { connect } from 'node:net';
import t from 'tap';
import { metered } from '../../src/http/metered.js';
import { StreamCut } from '../../src/http/reply-stream.js';
import { ReadBudget } from '../../src/net/read-budget.js';
import { ask, RecordedSource, read, serveStreams, until } from './streaming-server.js';

const lines = (count: number) =>
  async function* (): AsyncGenerator<string> {
    for (let at = 0; at < count; at += 1) yield `{"line":${at}}\n`;
  };

const PIECE = Buffer.alloc(100_000, 'x');

async function* endless(): AsyncGenerator<Buffer> {
  for (;;) yield PIECE;
}

/** Waits for its end after each of its chunks. */
const waiting = (...chunks: string[]) =>
  async function* (ending: AbortSignal): AsyncGenerator<string> {
    yield* chunks;
    if (!ending.aborted) await once(ending, 'abort');
    yield 'goodbye\n';
  };

t.test('HTTP-19 10,000 chunks arrive whole and in order, with headers against caches and buffers', async (t) => {
  const source = new RecordedSource(lines(10_000));
  const { url, streams } = serveStreams(t, { '/lines': () => source.reply() });
  const { answer } = await ask(t, `${url}/lines`);
  t.match(answer.headers, {
    'content-type': 'application/x-ndjson',
    'transfer-encoding': 'chunked',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
  });
  const { text, isComplete } = await read(answer);
  t.equal(isComplete, true);
  t.equal(text, Array.from({ length: 10_000 }, (_, at) => `{"line":${at}}\n`).join(''));
  t.match(source, { opened: 1, pulled: 10_001, returned: 0 });
  t.equal(source.ending?.aborted, false);
  t.equal(streams.size, 0);
});

t.test('HTTP-19 chunks of any size arrive byte for byte, to one who reads slowly too', async (t) => {
  const bytes = Buffer.from(Array.from({ length: 3_000_017 }, (_, at) => (at * 7) % 251));
  const source = new RecordedSource(async function* () {
    for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 3) % 700_001) {
      yield new Uint8Array();
      yield bytes.subarray(at, at + size);
    }
  });
  const { url } = serveStreams(t, { '/bytes': () => source.reply({}, 'application/octet-stream') });
  for (const slowly of [false, true]) {
    const { answer } = await ask(t, `${url}/bytes`);
    const parts: Buffer[] = [];
    for await (const part of answer) {
      parts.push(part as Buffer);
      if (slowly) for (let at = 0; at < 20; at += 1) await new Promise((resolve) => setImmediate(resolve));
    }
    t.ok(answer.complete && Buffer.concat(parts).equals(bytes), slowly ? 'slowly' : 'at once');
  }
});

/** The data of the HTTP chunks that are whole. Throws where a chunk has another length than its head says. */
function dechunked(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = bytes.indexOf('\r\n\r\n') + 4; ; ) {
    const head = bytes.indexOf('\r\n', at);
    const length = Number.parseInt(bytes.toString('latin1', at, head), 16);
    const end = head + 2 + length;
    if (head < 0 || end + 2 > bytes.length) return Buffer.concat(parts);
    const after = bytes.toString('latin1', end, end + 2);
    if (!(length > 0) || after !== '\r\n')
      throw new Error(`${JSON.stringify(after)} follows a chunk of ${length} bytes`);
    parts.push(bytes.subarray(head + 2, end));
    at = end + 2;
  }
}

t.test('HTTP-19 HTTP-20 pieces that fill the packets exactly arrive whole, to one who stops and goes on', async (t) => {
  // A packet of the loopback's takes 65,483 bytes, of which the head of an HTTP chunk takes 8. Then the system refuses the first byte of the next
  // chunk, not a part of it, once the receiver's buffer has grown: with the fourth stop.
  for (const size of [65_475, 65_476, 32_733, 16_320, 16_312]) {
    const letters = Array.from({ length: 26 }, (_, at) => Buffer.alloc(size, 97 + at));
    const source = new RecordedSource(async function* () {
      for (let at = 0; ; at += 1) yield letters[at % 26]!;
    });
    const { url, undelivered } = serveStreams(t, { '/letters': () => source.reply() });
    for (let round = 0; round < 3; round += 1) {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      socket.pause();
      socket.write('GET /letters HTTP/1.1\r\nHost: x\r\n\r\n');
      const parts: Buffer[] = [];
      let length = 0;
      socket.on('data', (part: Buffer) => {
        parts.push(part);
        length += part.length;
      });
      for (let stop = 0; stop < 8; stop += 1) {
        await until(() => undelivered.bytes > 0);
        socket.resume();
        const wanted = length + 1_500_000;
        await until(() => length > wanted);
        socket.pause();
      }
      socket.destroy();
      const got = dechunked(Buffer.concat(parts));
      const expected = Buffer.concat(
        Array.from({ length: Math.ceil(got.length / size) }, (_, at) => letters[at % 26]!),
      );
      t.ok(got.length > 11_000_000 && got.equals(expected.subarray(0, got.length)), `${size} bytes a piece`);
      await until(() => undelivered.bytes === 0);
    }
  }
});

t.test('HTTP-19 an empty stream, and HEAD: the same head, no body, and the source is not opened', async (t) => {
  const empty = new RecordedSource(lines(0));
  const source = new RecordedSource(lines(3));
  const { url } = serveStreams(t, { '/empty': () => empty.reply(), '/lines': () => source.reply() });
  const nothing = await read((await ask(t, `${url}/empty`)).answer);
  t.same(nothing, { text: '', isComplete: true });
  const { answer: got } = await ask(t, `${url}/lines`);
  await read(got);
  const { answer: head } = await ask(t, `${url}/lines`, 'HEAD');
  t.same(await read(head), { text: '', isComplete: true });
  const comparable = ({ headers: { date: _, ...headers } }: typeof head) => headers;
  t.same(comparable(head), comparable(got));
  t.match(source, { opened: 1, returned: 0 });
});

t.test('HTTP-19 server-sent events: the head and each event go out at once', async (t) => {
  const source = new RecordedSource(waiting('data: 1\n\n', 'data: 2\n\n'));
  const silent = new RecordedSource(waiting());
  const { url } = serveStreams(t, {
    '/events': () => source.reply({}, 'text/event-stream'),
    '/silent': () => silent.reply({ opening: ':\n\n' }, 'text/event-stream'),
  });
  const { answer } = await ask(t, `${url}/events`);
  let text = '';
  answer.on('data', (part: Buffer) => (text += part.toString()));
  await until(() => text.includes('data: 2\n\n'));
  const { answer: nothingYet } = await ask(t, `${url}/silent`);
  t.equal((await once(nothingYet, 'data')).toString(), ':\n\n');
  t.equal(nothingYet.headers['content-type'], 'text/event-stream');
});

t.test(
  'HTTP-20 a reader who stops: the source is asked for no more than the connection takes, then goes on',
  async (t) => {
    const sources = Array.from({ length: 8 }, () => new RecordedSource(endless));
    const { url, undelivered, streams } = serveStreams(
      t,
      Object.fromEntries(sources.map((source, at) => [`/endless/${at}`, () => source.reply()])),
    );
    const asked = await Promise.all(sources.map((_, at) => ask(t, `${url}/endless/${at}`)));
    await until(() => undelivered.bytes >= 8 * 64 * 1024);
    const pulled = sources.map((source) => source.pulled);
    const rss = process.memoryUsage().rss;
    for (let at = 0; at < 50; at += 1) await read((await ask(t, `${url}/nothing`)).answer);
    t.same(
      sources.map((source) => source.pulled),
      pulled,
      'nobody reads: nothing is asked for',
    );
    t.ok(undelivered.bytes < 8 * 128 * 1024, `${undelivered.bytes} bytes wait`);
    t.ok(process.memoryUsage().rss - rss < 64 * 1024 * 1024, 'and no memory grows');
    let length = 0;
    asked[0]!.answer.on('data', (part: Buffer) => (length += part.length));
    await until(() => length > 30_000_000);
    t.equal(sources[1]!.pulled, pulled[1], 'the others stand still');
    for (const { asking } of asked) asking.destroy();
    await until(() => streams.size === 0);
    t.equal(undelivered.bytes, 0);
    for (const source of sources) t.match(source, { opened: 1, returned: 1 });
  },
);

t.test('HTTP-21 a stream of which nothing is taken for 60 s is cut, one that is idle is not', async (t) => {
  let now = 0;
  const stuck = new RecordedSource(endless);
  const idle = new RecordedSource(waiting('hello\n'));
  const { url, undelivered, streams } = serveStreams(
    t,
    { '/stuck': () => stuck.reply(), '/idle': () => idle.reply() },
    () => now,
  );
  const { answer } = await ask(t, `${url}/stuck`);
  const { answer: quiet } = await ask(t, `${url}/idle`);
  t.equal((await once(quiet, 'data')).toString(), 'hello\n');
  await until(() => undelivered.bytes > 0);
  now += 60_000;
  undelivered.look();
  await read((await ask(t, `${url}/nothing`)).answer);
  t.equal(streams.size, 2);
  now += 1;
  undelivered.look();
  await until(() => streams.size === 1);
  t.equal(stuck.returned, 1);
  t.equal(undelivered.cut, 1);
  t.equal((await read(answer)).isComplete, false);
  now += 600_000;
  undelivered.look();
  t.equal(idle.returned, 0);
});

t.test('HTTP-22 a client that goes away: the source is told, and closed once, also while it waits', async (t) => {
  const sources = [new RecordedSource(endless), new RecordedSource(waiting('hello\n'))];
  const {
    url,
    streams,
    lines: log,
  } = serveStreams(t, {
    '/endless': () => sources[0]!.reply(),
    '/waiting': () => sources[1]!.reply(),
  });
  for (const [at, path] of ['/endless', '/waiting'].entries()) {
    const { asking } = await ask(t, url + path);
    asking.destroy();
    await until(() => streams.size === 0);
    t.equal(sources[at]!.ending?.aborted, true);
    t.equal(sources[at]!.returned, 1);
  }
  await read((await ask(t, `${url}/nothing`)).answer);
  t.match(
    sources.map(({ opened, returned }) => ({ opened, returned })),
    [
      { opened: 1, returned: 1 },
      { opened: 1, returned: 1 },
    ],
  );
  t.same(log, []);
});

t.test(
  'HTTP-22 a source that fails: the client sees that the reply is cut, the log says why, others are served',
  async (t) => {
    const failing = new RecordedSource(async function* () {
      yield 'one\n';
      throw new Error('the disk is gone');
    });
    const unopened = {
      status: 200,
      stream: {
        opening: 'zero\n',
        open: () => {
          throw new Error('no such source');
        },
      },
    };
    const {
      url,
      streams,
      lines: log,
    } = serveStreams(t, {
      '/failing': () => failing.reply(),
      '/unopened': () => unopened,
      '/whole': () => ({ status: 200, body: 'whole' }),
    });
    t.same(await read((await ask(t, `${url}/failing`)).answer), { text: 'one\n', isComplete: false });
    t.equal(failing.returned, 0, 'it has ended by itself');
    t.same(await read((await ask(t, `${url}/unopened`)).answer), { text: 'zero\n', isComplete: false });
    t.equal(streams.size, 0);
    t.equal(log.length, 2);
    for (const { msg, request } of log) {
      t.match(msg, /streamed reply was cut/);
      t.match(request, /^[0-9a-f]{8}-/);
    }
    t.equal((await read((await ask(t, `${url}/whole`)).answer)).text, 'whole');
  },
);

t.test(
  'HTTP-22 a source that has its stream cut on purpose: the log says why, at level info, without a stack',
  async (t) => {
    const unwanted = new RecordedSource(async function* (ending) {
      yield 'one\n';
      if (!ending.aborted) await once(ending, 'abort');
      throw new StreamCut('the server stops');
    });
    const revoked = new RecordedSource(async function* () {
      yield 'one\n';
      throw new StreamCut('the role was taken away');
    });
    const { url, streams, lines } = serveStreams(t, {
      '/late': () => unwanted.reply(),
      '/revoked': () => revoked.reply(),
    });
    t.same(await read((await ask(t, `${url}/revoked`)).answer), { text: 'one\n', isComplete: false });
    const { answer } = await ask(t, `${url}/late`);
    await Promise.all([read(answer), streams.drain(60_000)]);
    t.match(lines, [
      { level: 30, msg: 'a streamed reply was cut: the role was taken away', request: String },
      { level: 30, msg: 'a streamed reply was cut: the server stops', request: String },
    ]);
    t.notOk(
      lines.some((line) => 'err' in line),
      'no stack',
    );
  },
);

t.test('HTTP-23 the server stops: streams that end in time end properly, the others are cut', async (t) => {
  const polite = new RecordedSource(waiting('hello\n'));
  const deaf = new RecordedSource(async function* () {
    yield 'hello\n';
    await new Promise(() => undefined);
  });
  const { url, streams } = serveStreams(t, { '/polite': () => polite.reply(), '/deaf': () => deaf.reply() });
  const [first, second] = await Promise.all([ask(t, `${url}/polite`), ask(t, `${url}/deaf`)]);
  const reading = [read(first.answer), read(second.answer)] as const;
  const stopping = streams.drain(1_000);
  t.same(await reading[0], { text: 'hello\ngoodbye\n', isComplete: true });
  t.same(await reading[1], { text: 'hello\n', isComplete: false });
  await stopping;
  t.equal(streams.size, 0);
  t.match(polite, { returned: 0 });
  t.match(deaf, { returned: 1 });
  const late = await read((await ask(t, `${url}/polite`)).answer);
  t.same(late, { text: 'hello\ngoodbye\n', isComplete: true }, 'one that begins now ends at once');
  await streams.drain(60_000);
});

t.test(
  "HTTP-24 a long reply is slowed to its user's byte budget and not refused, and leaves room for other reads",
  async (t) => {
    const reads = new ReadBudget({ readsPerSecond: 1_000, readBytesPerSecond: 100_000 });
    const source = new RecordedSource(async function* () {
      for (let at = 0; at < 32; at += 1) yield PIECE.subarray(0, 10_000);
    });
    const identity = { userId: 'olga', sessionId: '' };
    const handle = metered(reads, () => source.reply());
    const { url } = serveStreams(t, { '/long': () => handle({} as never, identity) });
    const startedAt = performance.now();
    const { answer } = await ask(t, `${url}/long`);
    answer.on('data', () => {
      if (reads.wait('olga') > 0) t.fail('another read is refused');
    });
    const { text, isComplete } = await read(answer);
    t.equal(isComplete, true);
    t.equal(text.length, 320_000);
    // 2.5 s of the rate are free at once; the rest of it takes 0.7 s.
    const tookMs = performance.now() - startedAt;
    t.ok(tookMs > 550, `${tookMs} ms`);
  },
);
