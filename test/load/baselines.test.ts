/** The baselines of the bench: what they read of Redis, and how they sum up an open loop. */
import { test } from 'tap';
import { encodeCommand, endOfReply } from '../../bench/baselines/redis.js';
import { sqliteRowsPerSecond, sqliteTail } from '../../bench/baselines/sqlite-load.js';
import { tailOf } from '../../bench/baselines/tail.js';

test('a reply of Redis ends where it ends, and is not read before it is there', (t) => {
  const replies = [
    '+OK\r\n',
    '-ERR no\r\n',
    ':12\r\n',
    '$3\r\na\r\n\r\n',
    '$-1\r\n',
    '*2\r\n$1\r\na\r\n*1\r\n:1\r\n',
    '*0\r\n',
  ];
  const all = Buffer.from(replies.join(''));
  let at = 0;
  for (const reply of replies) {
    for (let length = 0; length < reply.length; length += 1)
      t.equal(endOfReply(all.subarray(0, at + length), at), undefined);
    t.equal(endOfReply(all, at), at + reply.length, JSON.stringify(reply));
    at += reply.length;
  }
  t.equal(encodeCommand(['XADD', 'ü']), '*2\r\n$4\r\nXADD\r\n$2\r\nü\r\n');
  t.end();
});

test('the tail of an open loop', (t) => {
  const latencies = Float64Array.from({ length: 1_000 }, (_, at) => 1_000 - at);
  t.same(tailOf(latencies), { p50: 501, p99: 991, p999: 1_000, longest: 1_000 });
  t.end();
});

test('SQLite alone keeps the pace that is asked of it', (t) => {
  t.ok(sqliteRowsPerSecond(t.testdir(), 34, 0.1) > 34);
  const { p50, longest } = sqliteTail(t.testdir(), 500, 0.2);
  t.ok(p50 > 0 && longest >= p50, `${p50}, ${longest}`);
  t.end();
});
