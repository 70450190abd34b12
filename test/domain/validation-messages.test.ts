/** No text of the schema library reaches people: each sentence says what is wrong and what would be right. */
import t from 'tap';
import { z } from 'zod';
import { commands } from '../../src/commands/commands.js';
import { fieldErrors } from '../../src/commands/payload-errors.js';
import { readConfig } from '../../src/config.js';
import { parseUpMessage } from '../../src/gateway/up-messages.js';
import { requests } from '../../src/protocol/requests.js';

/** zod's own messages, in any version. */
const RAW = /Invalid|expected|received|Too (small|big)|Unrecognized|pattern|undefined|NaN|>=|<=/;

const said = (schema: z.ZodType, value: unknown): string[] => {
  const parsed = schema.safeParse(value);
  return parsed.success ? [] : fieldErrors(parsed.error).map(({ field, message }) => `${field}: ${message}`);
};

t.test('WIRE-9 each kind of refusal is a sentence', async (t) => {
  const cases: [schema: z.ZodType, value: unknown, sentence: string][] = [
    [z.object({ name: z.string() }), {}, 'name: is missing: give a string'],
    [z.object({ name: z.string() }), { name: 5 }, 'name: must be a string, not a number'],
    [z.object({ name: z.string() }), { name: null }, 'name: must be a string, not null'],
    [z.object({ name: z.string() }), { name: ['x'] }, 'name: must be a string, not an array'],
    [z.object({ price: z.number() }), { price: '5' }, 'price: must be a number, not a string'],
    [z.object({ price: z.number() }), { price: Infinity }, 'price: must be a number, not an infinite number'],
    [z.object({ seq: z.number().int() }), { seq: 1.5 }, 'seq: must be a whole number'],
    [z.object({ active: z.boolean() }), { active: 1 }, 'active: must be true or false, not a number'],
    [z.object({ kind: z.enum(['user', 'group']) }), { kind: 'all' }, 'kind: must be one of "user", "group"'],
    [z.object({ kind: z.enum(['user', 'group']) }), {}, 'kind: is missing: give one of "user", "group"'],
    [z.object({ kind: z.literal('user') }), { kind: 'all' }, 'kind: must be "user"'],
    [z.string().min(1), '', ': must not be empty'],
    [z.string().min(8), 'x', ': must have at least 8 characters'],
    [z.string().max(1), 'xx', ': must have at most 1 character'],
    [z.number().min(1), 0, ': must be at least 1'],
    [z.number().lt(1), 1, ': must be less than 1'],
    [z.array(z.string()).max(2), ['a', 'b', 'c'], ': must have at most 2 items'],
    [z.strictObject({ a: z.string().optional() }), { b: 1 }, ': has unknown fields: "b"'],
    [z.string().regex(/^a$/), 'b', ': has characters or a format that are not allowed'],
    [z.union([z.string(), z.number()]), true, ': matches none of the allowed forms'],
    [z.string(), undefined, ': is missing: give a string'],
  ];
  for (const [schema, value, sentence] of cases) t.same(said(schema, value), [sentence]);
});

t.test(
  'WIRE-9 nothing that is refused of a command, a message or the environment is told in the words of the library',
  async (t) => {
    const values = [
      undefined,
      null,
      1,
      1.5,
      NaN,
      Infinity,
      '',
      'x',
      'x'.repeat(1_000),
      '\ud800',
      true,
      [],
      ['x'],
      {},
      { a: 1 },
    ];
    let count = 0;
    const check = (messages: readonly string[]): void => {
      for (const message of messages) {
        count += 1;
        if (RAW.test(message)) t.fail(message);
      }
    };
    const payloads = [
      ...commands.map(({ payload }) => payload),
      ...Object.values(requests).map(({ payload }) => payload),
    ];
    for (const schema of payloads) {
      for (const value of values) check(said(schema, value));
      const inner = schema instanceof z.ZodPipe ? (schema.in as z.ZodType) : schema;
      for (const field of Object.keys((inner as z.ZodObject).shape))
        for (const value of values) check(said(schema, { [field]: value }));
    }
    for (const message of [
      { type: 'create_page' },
      { type: 'create_page', payload: null },
      { type: 'create_page', payload: { name: 5 } },
      { type: 'resume', payload: { log: 1, pages: [] } },
      { type: 'sync', payload: { page_id: '', seq: -1 } },
      { type: 'refresh', payload: {} },
    ]) {
      const parsed = parseUpMessage(Buffer.from(JSON.stringify(message)), true);
      check(
        'error' in parsed ? [parsed.error.message, JSON.stringify(parsed.error.details)] : ['Invalid: it was taken'],
      );
    }
    for (const environment of [
      { LOG_LEVEL: 'loud' },
      { PORT: '1e3' },
      { HOST: 5 as unknown as string },
      { SESSION_EXPIRE_DAYS: '0' },
    ]) {
      try {
        readConfig(environment);
        t.fail('it was taken');
      } catch (error) {
        check([(error as Error).message]);
      }
    }
    t.ok(count > 500, `${count} sentences`);
  },
);
