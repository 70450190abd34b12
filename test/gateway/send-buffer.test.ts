/** How many updates are sent at once. */
import t from 'tap';
import { SendBuffer } from '../../src/gateway/send-buffer.js';

t.test(
  'STORM-11 for many sockets as many updates as fit the buffer, at the length of the longest of late',
  async (t) => {
    const buffer = new SendBuffer();
    t.equal(buffer.updates(1_000), 32, 'before any message: what is sent at once at most');
    buffer.published(200);
    t.equal(buffer.updates(1_000), 32);
    buffer.published(626);
    t.equal(buffer.updates(1_000), 26, '26 × 630 bytes are less than 16 KiB');
    buffer.published(200);
    t.ok(buffer.updates(1_000) <= 27, 'a short one changes little');
    t.equal(buffer.updates(63), Infinity, 'for few sockets there is no bound');
    buffer.published(60_000);
    t.equal(buffer.updates(64), 1);
    for (let at = 0; at < 1_000; at += 1) buffer.published(300);
    t.equal(buffer.updates(64), 32, 'a single long one is forgotten');
  },
);
