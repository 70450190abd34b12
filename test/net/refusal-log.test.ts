import { pino } from 'pino';
import t from 'tap';
import { RefusalLog } from '../../src/net/refusal-log.js';

t.test(
  'HTTP-14 200 lines at once and 20 a second: the next one that is written says how many were left out',
  async (t) => {
    const lines: { msg: string; linesLeftOut?: number }[] = [];
    let now = 0;
    const log = new RefusalLog(
      pino({}, { write: (text: string) => void lines.push(JSON.parse(text) as (typeof lines)[0]) }),
      'warn',
      () => now,
    );
    for (let at = 0; at < 1_000; at += 1) log.write({ address: 'x' }, 'token refused');
    t.equal(lines.length, 200);
    now = 1_000;
    for (let at = 0; at < 100; at += 1) log.write({}, 'token refused');
    t.equal(lines.length, 220);
    t.equal(lines[200]!.linesLeftOut, 800);
    now = 61_000;
    log.write({}, 'login failed');
    t.match(lines.at(-1), { msg: 'login failed', linesLeftOut: 80 });
    log.write({}, 'login failed');
    t.equal(lines.at(-1)!.linesLeftOut, undefined);
  },
);
