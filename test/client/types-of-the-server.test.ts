/** The client's types are written by hand and know nothing of the server's schemas: here the compiler and the schemas hold them together. */
import type {
  Alarm,
  CommandMessage,
  Commands,
  CommandType,
  Grant,
  MessageOf,
  Page,
  ServerMessage,
  User,
} from '@alarm-server/client';
import t from 'tap';
import { z } from 'zod';
import { parseUpMessage, upMessages } from '../../src/gateway/up-messages.js';
import { downMessages, type InitialState } from '../../src/protocol/down-messages.js';
import type { AlarmView, GrantView, PageView } from '../../src/protocol/views.js';

/** As the client shows it: nothing may be changed. */
type Frozen<T> = T extends object ? { readonly [Key in keyof T]: Frozen<T[Key]> } : T;
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : { not: A; but: B }) : { not: A; but: B };
type Fits<A, B> = [A] extends [B] ? true : { not: A; but: B };

type Said = Frozen<z.infer<(typeof downMessages)[number]>>;
type SaidOf<Type> = Extract<Said, { readonly type: Type }>;

// Does not compile where the two differ; the type of the wrong entry says how.
const entities: {
  page: Same<Frozen<z.infer<typeof PageView>>, Page>;
  alarm: Same<Frozen<z.infer<typeof AlarmView>>, Alarm>;
  grant: Same<Frozen<z.infer<typeof GrantView>>, Grant>;
  user: Same<Frozen<z.infer<typeof InitialState>['payload']['user']>, User>;
} = { page: true, alarm: true, grant: true, user: true };

const types: Same<Said['type'], ServerMessage['type']> = true;

/** `success` answers commands, for which the client promises `seq` and `position`; the answer to `refresh` has none. */
const messages: { [Type in Exclude<ServerMessage['type'], 'success'>]: Fits<SaidOf<Type>, MessageOf<Type>> } = {
  initial_state: true,
  alarm_update: true,
  page_update: true,
  page_rights: true,
  page_added: true,
  page_removed: true,
  resumed: true,
  page_state: true,
  error: true,
  token_expiring: true,
  draining: true,
};

/** No field that the server sends is missing in the client's types, and none is there that it does not send. */
const fields: {
  [Type in ServerMessage['type']]: Same<keyof SaidOf<Type>['payload'], keyof MessageOf<Type>['payload']>;
} = { ...messages, success: true };

type Fields = {
  readonly [Type in CommandType]: { readonly [Field in keyof Required<Commands[Type]['payload']>]: true };
};
const settings = {
  severity: true,
  mode: true,
  cooldown_s: true,
  tags: true,
  expires_at: true,
  renotify_s: true,
  renotify_max: true,
  note: true,
} as const;
const commands: Fields = {
  create_page: { name: true },
  rename_page: { page_id: true, name: true },
  delete_page: { page_id: true },
  share_page: { page_id: true, subject_type: true, subject_id: true, can_view: true, can_edit: true },
  leave_page: { page_id: true },
  transfer_page: { page_id: true, to: true },
  create_alarm: { page_id: true, ticker: true, option: true, condition: true, ...settings },
  update_alarm: { alarm_id: true, ticker: true, option: true, condition: true, active: true, ...settings },
  ack_alarm: { alarm_id: true, upto: true, comment: true },
  unack_alarm: { alarm_id: true, comment: true },
  ack_page: { page_id: true, upto: true, comment: true },
  snooze_alarm: { alarm_id: true, for_s: true, until: true, comment: true },
  comment_alarm: { alarm_id: true, text: true },
  unsnooze_alarm: { alarm_id: true },
  clear_alarm: { alarm_id: true, comment: true },
  assign_alarm: { alarm_id: true, user_id: true },
  delete_alarm: { alarm_id: true },
  trigger_alarm: { alarm_id: true, price: true },
};

/** Of the types above, one of each. */
const samples: readonly CommandMessage[] = [
  { type: 'create_page', id: '1', payload: { name: 'x' } },
  { type: 'rename_page', id: '1', payload: { page_id: 'p', name: 'x' } },
  { type: 'delete_page', id: '1', payload: { page_id: 'p' } },
  {
    type: 'share_page',
    id: '1',
    payload: { page_id: 'p', subject_type: 'group', subject_id: 'g', can_view: true, can_edit: false },
  },
  { type: 'leave_page', id: '1', payload: { page_id: 'p' } },
  { type: 'transfer_page', id: '1', payload: { page_id: 'p', to: 'u' } },
  { type: 'create_alarm', id: '1', payload: { page_id: 'p', ticker: 'EUR/USD', option: '', condition: 'above' } },
  {
    type: 'update_alarm',
    id: '1',
    payload: { alarm_id: 'a', severity: 'high', mode: null, cooldown_s: 9, tags: ['x'] },
  },
  { type: 'ack_alarm', id: '1', payload: { alarm_id: 'a', upto: 13 } },
  { type: 'unack_alarm', id: '1', payload: { alarm_id: 'a' } },
  { type: 'clear_alarm', id: '1', payload: { alarm_id: 'a' } },
  { type: 'snooze_alarm', id: '1', payload: { alarm_id: 'a', for_s: 60 } },
  { type: 'comment_alarm', id: '1', payload: { alarm_id: 'a', text: 'On it.\nBack at 10.' } },
  { type: 'unsnooze_alarm', id: '1', payload: { alarm_id: 'a' } },
  { type: 'ack_page', id: '1', payload: { page_id: 'p', upto: 3 } },
  { type: 'assign_alarm', id: '1', payload: { alarm_id: 'a', user_id: null } },
  { type: 'delete_alarm', id: '1', payload: { alarm_id: 'a' } },
  { type: 'trigger_alarm', id: '1', payload: { alarm_id: 'a', price: 1.085 } },
];

t.test("CLI-11 the client's types are those of the server's schemas", async (t) => {
  t.ok(
    [...Object.values(entities), types, ...Object.values(messages), ...Object.values(fields)].every(
      (same) => same === true,
    ),
    'compared by the compiler',
  );
  t.strictSame(
    downMessages.map(({ shape }) => shape.type.value).sort(),
    Object.keys(fields).sort(),
    'messages of the server',
  );
  const requests = ['refresh', 'resume', 'sync'];
  t.strictSame(
    upMessages.map(({ shape }) => shape.type.value).sort(),
    [...Object.keys(commands), ...requests].sort(),
    'messages of a client',
  );
  for (const { shape } of upMessages) {
    const type = shape.type.value;
    if (requests.includes(type)) continue;
    const { properties = {} } = z.toJSONSchema(shape.payload as z.ZodType, { io: 'input' }) as { properties?: object };
    t.strictSame(
      Object.keys(properties).sort(),
      Object.keys(commands[type as CommandType]).sort(),
      `fields of ${type}`,
    );
  }
  t.strictSame(samples.map(({ type }) => type).sort(), Object.keys(commands).sort());
  for (const sample of samples)
    t.match(
      parseUpMessage(Buffer.from(JSON.stringify(sample)), false),
      { id: '1', command: { kind: sample.type }, payload: sample.payload },
      `the server takes ${sample.type}`,
    );
});
