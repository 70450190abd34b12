import t from 'tap';
import { BAD_MESSAGES_LIMIT, BadMessages } from '../../src/gateway/bad-messages.js';

/** How many of these bad messages are let pass. */
const passed = (messages: BadMessages, count: number, now = 0): number =>
  Array.from({ length: count }, () => messages.bad(now)).filter((enough) => !enough).length;

t.test('LIM-4 a hundred bad messages in a row are enough', async (t) => {
  const messages = new BadMessages();
  t.equal(passed(messages, BAD_MESSAGES_LIMIT - 1), BAD_MESSAGES_LIMIT - 1);
  t.equal(messages.bad(60_000), true);
});

t.test('LIM-4 a good one between starts the count anew', async (t) => {
  const messages = new BadMessages();
  for (let round = 0; round < 10; round += 1) {
    t.equal(passed(messages, BAD_MESSAGES_LIMIT - 1), BAD_MESSAGES_LIMIT - 1);
    messages.good();
  }
});

t.test('LIM-4 and so does a minute: one now and then is no flood', async (t) => {
  const messages = new BadMessages();
  for (let at = 0; at < 10 * BAD_MESSAGES_LIMIT; at += 1)
    if (messages.bad(at * 1_000)) t.fail('one a second is not enough');
  t.equal(passed(messages, BAD_MESSAGES_LIMIT, 10_000_000), BAD_MESSAGES_LIMIT - 1);
});
