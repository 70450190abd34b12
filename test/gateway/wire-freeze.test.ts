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
  version: 10,
  down: {
    initial_state: 'dadcf3c16231e2cc',
    alarm_update: '0e70a063d51a4add',
    page_update: 'd753c634436a331a',
    page_rights: 'e4690e1b6046b43a',
    page_added: '3f730b2ea9c6e89f',
    page_removed: '03c17eaad6579cdf',
    resumed: '37b399811ad0b38d',
    page_state: '73dc876bd1ca6c4a',
    success: 'd351552efe1f04a9',
    error: 'bb121fc2e47b0b27',
    token_expiring: '92ed2dd8d4287ce0',
    draining: '6946eaba15b5f70e',
  },
  up: {
    trigger_alarm: 'c8f00dd1d6896460',
    create_alarm: 'f5499a2453631dc9',
    update_alarm: 'f13d5b366a306461',
    delete_alarm: '4779409651d7a3c5',
    ack_alarm: 'efaf6af87d3d302c',
    unack_alarm: '5c8a2a26f615cbbd',
    clear_alarm: '77224ec7a0b6c9ea',
    assign_alarm: '183b99ba9bb57fc3',
    ack_page: '34af963c4fd6f9c5',
    snooze_alarm: '389b8ebb62332c88',
    unsnooze_alarm: 'ca539ab107ccf771',
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
