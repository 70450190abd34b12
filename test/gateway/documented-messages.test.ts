/** The examples in docs/protocol.md are messages that the server would send or take. */
import t from 'tap';
import { parseUpMessage, upMessages } from '../../src/gateway/up-messages.js';
import { Problem } from '../../src/http/problems.js';
import { downMessages } from '../../src/protocol/down-messages.js';
import { misfitOf } from '../e2e/message-schemas.js';
import { jsonExamples } from './protocol-document.js';

const examples = jsonExamples();
const ofType = (type: string) => examples.filter(({ value }) => value.type === type);

t.test('WIRE-1 every message of the server has an example, and every example fits its schema', async (t) => {
  for (const { shape } of downMessages) {
    const type = shape.type.value;
    t.ok(ofType(type).length > 0, `there is an example of ${type}`);
    for (const { line, value } of ofType(type))
      t.equal(misfitOf(value), undefined, `docs/protocol.md:${line}: ${type}`);
  }
});

t.test('WIRE-1 every message of a client has an example, and every example is understood', async (t) => {
  for (const { shape } of upMessages) {
    const type = shape.type.value;
    t.ok(ofType(type).length > 0, `there is an example of ${type}`);
    for (const { line, value } of ofType(type)) {
      const parsed = parseUpMessage(Buffer.from(JSON.stringify(value)), true);
      t.notOk('error' in parsed && parsed.error, `docs/protocol.md:${line}: ${type}`);
    }
  }
});

t.test('WIRE-1 there is no example of a message that is none', async (t) => {
  const known = new Set([
    ...downMessages.map(({ shape }) => shape.type.value as string),
    ...upMessages.map(({ shape }) => shape.type.value),
  ]);
  for (const { line, value } of examples.filter(({ value }) => value.payload !== undefined))
    t.ok(known.has(value.type), `docs/protocol.md:${line}: ${value.type}`);
});

t.test('HTTP-1 the example of a problem is one', async (t) => {
  const problems = examples.filter(({ value }) => value.status !== undefined && value.code !== undefined);
  t.ok(problems.length > 0);
  for (const { line, value } of problems) t.ok(Problem.strict().safeParse(value).success, `docs/protocol.md:${line}`);
});
