/**
 * The forms of everything that outlives a version, frozen: what clients send and get, and what the log holds. An unintended change
 * fails here, before it reaches any client or log.
 */
import t from 'tap';
import { z } from 'zod';
import { Metadata } from '../../src/domain/events.js';
import { upMessages } from '../../src/gateway/up-messages.js';
import { downMessages } from '../../src/protocol/down-messages.js';
import { hashOf } from '../domain/form.js';

/** What was frozen last. `version` is raised with every change of the table. The forms of events are in test/domain/golden. */
const frozen = {
  version: 11,
  down: {
    initial_state: 'c162ca34d5d933da',
    alarm_update: '5b5ba597fb6726f5',
    page_update: 'db84a0a62a8faad5',
    page_rights: 'e4690e1b6046b43a',
    page_added: '76d85eff28251cae',
    page_removed: '03c17eaad6579cdf',
    resumed: 'b7b249321fd1f154',
    page_state: '5394f8f2302c1c8a',
    success: 'd351552efe1f04a9',
    error: 'bb121fc2e47b0b27',
    token_expiring: '92ed2dd8d4287ce0',
    draining: '6946eaba15b5f70e',
  },
  up: {
    trigger_alarm: 'c8f00dd1d6896460',
    create_alarm: '99aa7dd2a1d80f8e',
    update_alarm: '92881050b6f6adf7',
    delete_alarm: '4779409651d7a3c5',
    ack_alarm: '5e106964b5e0ede7',
    unack_alarm: '14fe9cb7c0d58070',
    clear_alarm: 'dd9cfd185c989d47',
    assign_alarm: '183b99ba9bb57fc3',
    ack_page: '894fbb8e94ed4efa',
    snooze_alarm: 'f2281e29313229c7',
    unsnooze_alarm: 'ca539ab107ccf771',
    comment_alarm: 'c0e814b4fb2f3c91',
    create_page: '3bcf21b8f98d61db',
    rename_page: '5614cf06b73e5796',
    delete_page: '482bdfda463a8ff0',
    share_page: '3e48f3106101e710',
    leave_page: '15b683fc3500ba7c',
    transfer_page: 'd2ac76575ef72ea4',
    resume: 'e2ac97ccfd081d0a',
    sync: 'e38ba2ad58a0d492',
    refresh: 'e4077ca82a948ade',
  },
  event: {
    Metadata: 'ca93e73489543b7b',
  },
};

/** Advice after a change of a form. */
const ADVICE = `A form is another than the one that was frozen.
Not meant? Undo the change: clients that are out there, or logs that are written, depend on it.
Meant, and only adds (an optional field, a new message or event)? Raise frozen.version in this file, put the new hash ("found" above)
into its table, and say so in docs/protocol.md and CHANGELOG.md.
Meant, and takes away or changes what was there? Over the wire that breaks clients: add a new field or message beside the old one
instead. `;

const hashes = {
  down: Object.fromEntries(downMessages.map((schema) => [schema.shape.type.value, hashOf(schema, 'output')])),
  up: Object.fromEntries(upMessages.map((schema) => [schema.shape.type.value, hashOf(schema, 'input')])),
  event: { Metadata: hashOf(Metadata, 'output') } as Record<string, string>,
};

const kinds = {
  down: 'the message of the server',
  up: 'the message of a client',
  event: 'the part of every event',
} as const;

t.test('WIRE-1 the forms of all messages and events are those that were frozen', async (t) => {
  for (const kind of ['down', 'up', 'event'] as const) {
    const before: Readonly<Record<string, string>> = frozen[kind];
    for (const name of new Set([...Object.keys(before), ...Object.keys(hashes[kind])])) {
      t.equal(
        hashes[kind][name] ?? 'it is gone',
        before[name] ?? 'it was not there',
        `the form of ${kinds[kind]} ${name} is as it was frozen`,
      );
    }
  }
  if (!t.passing()) t.comment(ADVICE);
});

t.test('WIRE-1 the hash is of the form: wording does not count, every field and bound does', async (t) => {
  const form = z.object({ a: z.string().max(3), b: z.number().optional() });
  const same = z.object({
    b: z.number().optional(),
    a: z.string().max(3).meta({ description: 'words', example: 'x' }),
  });
  t.equal(hashOf(same, 'output'), hashOf(form, 'output'));
  for (const other of [
    form.extend({ c: z.string() }),
    form.omit({ b: true }),
    form.required(),
    form.extend({ a: z.string().max(4) }),
    form.extend({ b: z.string().optional() }),
  ])
    t.not(hashOf(other, 'output'), hashOf(form, 'output'));
});
