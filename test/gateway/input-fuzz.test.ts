/** Random messages, close to and far from the protocol: the socket answers and stays open. */
import fc from 'fast-check';
import t from 'tap';
import { refusalCodes } from '../../src/domain/refusals.js';
import { upMessages } from '../../src/gateway/up-messages.js';
import { socketErrorCodes } from '../../src/protocol/down-messages.js';
import { sitDown } from '../e2e/desk.js';
import { faultsIn } from '../e2e/heard.js';
import { startServer } from '../e2e/test-server.js';
import { givenNumber } from '../runner/given-number.js';

/** Set it to replay a failure: the path and the message are in fast-check's report. */
const SEED = givenNumber('TEST_SEED', Date.now() % 2 ** 31, 0);

// More sockets and wrong messages than one user may send.
const server = await startServer(t, { environment: { LIMITS: 'off' } });
const [john, mary] = await Promise.all(['john', 'mary'].map((name) => server.person(name)));
const [desk, other] = [await sitDown(t, server, john!), await sitDown(t, server, mary!)];
const page: string = (await desk.must('create_page', { name: 'Page' })).data.id;
const alarm: string = (
  await desk.must('create_alarm', { page_id: page, ticker: 'EUR/USD', option: 'spot', condition: 'above' })
).data.id;

/** A page that nobody fuzzes: a command on it is answered behind what was sent before. */
const behind: string = (await desk.must('create_page', { name: 'Behind' })).data.id;

const good: readonly { readonly type: string; readonly payload: object }[] = [
  { type: 'trigger_alarm', payload: { alarm_id: alarm, price: 1.085 } },
  { type: 'create_alarm', payload: { page_id: page, ticker: 'EUR/USD', option: 'spot', condition: 'above' } },
  { type: 'update_alarm', payload: { alarm_id: alarm, ticker: 'EUR/GBP', active: true } },
  { type: 'create_page', payload: { name: 'Page' } },
  { type: 'rename_page', payload: { page_id: page, name: 'Renamed' } },
  {
    type: 'share_page',
    payload: { page_id: page, subject_type: 'user', subject_id: mary!.id, can_view: true, can_edit: false },
  },
];
const types = upMessages.map(({ shape }) => shape.type.value);
const fieldNames = [
  'page_id',
  'alarm_id',
  'name',
  'ticker',
  'option',
  'condition',
  'active',
  'price',
  'subject_type',
  'subject_id',
  'can_view',
  'can_edit',
  '__proto__',
  'toJSON',
];

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({ unit: 'grapheme', maxLength: 80 }),
  fc.constantFrom('\ud800', '\u0000', '__proto__', 'constructor', page, alarm, john!.id, mary!.id, 'user', 'group'),
);
const anyValue = fc.oneof(
  anyText,
  fc.double(),
  fc.boolean(),
  fc.constantFrom(null, -0, 1e308, 2 ** 53, {}, []),
  fc.jsonValue({ maxDepth: 4 }),
);
/** Fields of the protocol with any values; as JSON text, so that __proto__ is a field like any other. */
const anyPayload = fc
  .array(fc.tuple(fc.constantFrom(...fieldNames), anyValue), { maxLength: 8 })
  .map((fields) => `{${fields.map(([name, value]) => `"${name}":${JSON.stringify(value)}`).join(',')}}`);
const anyEnvelope = fc
  .tuple(
    fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...types) }, { weight: 1, arbitrary: anyValue }),
    fc.option(anyValue),
    fc.oneof(
      anyPayload,
      anyValue.map((value) => JSON.stringify(value)),
    ),
  )
  .map(
    ([type, id, payload]) =>
      `{"type":${JSON.stringify(type)},${id === null ? '' : `"id":${JSON.stringify(id)},`}"payload":${payload}}`,
  );
/** A good message, in which one field at most was made something else. */
const nearlyGood = fc
  .tuple(
    fc.constantFrom(...good),
    fc.option(fc.tuple(fc.constantFrom(...fieldNames), anyValue), { freq: 1 }),
    fc.option(anyText, { freq: 1 }),
  )
  .map(([{ type, payload }, changed, id]) =>
    JSON.stringify({
      type,
      ...(id === null ? {} : { id }),
      payload: changed ? { ...payload, [changed[0]]: changed[1] } : payload,
    }),
  );
/** A message with a piece cut out, and another put in its place. */
const brokenEnvelope = fc
  .tuple(fc.oneof(anyEnvelope, nearlyGood), fc.nat(), fc.nat(8), fc.string({ unit: 'binary', maxLength: 4 }))
  .map(([text, at, length, piece]) => {
    const from = at % (text.length + 1);
    return text.slice(0, from) + piece + text.slice(from + length);
  });
const anyMessage = fc.oneof(
  { weight: 3, arbitrary: anyEnvelope },
  { weight: 2, arbitrary: nearlyGood },
  { weight: 3, arbitrary: brokenEnvelope },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
);

const codes = new Set([...Object.keys(socketErrorCodes), ...Object.keys(refusalCodes)]);

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

t.test(`WIRE-2 any message is answered, or has its effect, and the socket lives (TEST_SEED=${SEED})`, async (t) => {
  let errors = 0;
  let effects = 0;
  await fc.assert(
    fc.asyncProperty(anyMessage, async (message) => {
      const before = desk.messages.length;
      desk.send(message);
      const end = await desk.ask('rename_page', { page_id: behind, name: 'Behind' });
      const heard = desk.messages.slice(before, desk.messages.indexOf(end));
      const refused = heard.filter(({ type }) => type === 'error');
      // As it goes over the wire: half a surrogate pair becomes U+FFFD.
      if (!isJson(Buffer.from(message).toString()) && refused[0]?.payload.code !== 'invalid_json')
        throw new Error('it is not JSON, and was not refused as that');
      for (const { payload } of refused)
        if (!codes.has(payload.code) || payload.message === '')
          throw new Error(`an error without a code or a sentence: ${JSON.stringify(payload)}`);
      if (refused.length > 1) throw new Error('it was refused more than once');
      errors += refused.length;
      effects += Number(refused.length === 0);
    }),
    { seed: SEED, numRuns: 1_500 },
  );
  t.comment(`${errors} refused, ${effects} of effect`);
  t.ok(errors > 500, 'most are refused');
  t.ok(effects > 100, 'some are good: the fuzz is not all noise');
  t.same(faultsIn(desk.messages), []);
  t.equal((await desk.ask('create_page', { name: 'Good' })).type, 'success');
  t.equal((await other.ask('create_page', { name: 'Good' })).type, 'success', 'others live');
});
