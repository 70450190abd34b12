/** The representation of pages, alarms, grants and groups for users: one schema for socket, HTTP and history, and its JSON. */
import fastJson from 'fast-json-stringify';
import { z } from 'zod';
import type { Alarm } from '../domain/alarm.js';
import type { Right } from '../domain/authorization.js';
import {
  AlarmId,
  CommentText,
  Condition,
  CooldownS,
  GroupId,
  GroupName,
  Mode,
  Moment,
  Note,
  Option,
  PageId,
  PageName,
  Price,
  RenotifyMax,
  RenotifyS,
  Severity,
  SubjectType,
  Tags,
  Ticker,
  UserId,
} from '../domain/fields.js';
import type { Sealed } from '../domain/free-text.js';
import type { Group } from '../domain/group.js';
import { isOpen } from '../domain/occurrence.js';
import type { LivePage } from '../domain/page.js';

/** What every alarm has. */
const PlainAlarmView = z.object({
  id: AlarmId,
  page_id: PageId,
  ticker: Ticker,
  option: Option,
  condition: Condition,
  active: z.boolean(),
  last_triggered: Moment.nullable().meta({ description: 'When it was last triggered; null if never.' }),
});

const Seq = z.number().int();

/** Free text that somebody wrote. */
export const GivenComment = CommentText.nullable().meta({ description: 'Null: it was erased.' });

export const AcknowledgementView = z.object({ upto: Seq, by: UserId, at: Moment, comment: GivenComment.optional() });

export const StatusView = z
  .object({
    state: z.enum(['open', 'acknowledged']).optional(),
    first_seq: Seq.optional(),
    first_at: Moment.optional(),
    last_seq: Seq.optional(),
    last_at: Moment.optional(),
    count: z.number().int().optional().meta({ description: 'Number of its triggers.' }),
    price: Price.optional(),
    renotified: z.number().int().optional().meta({ description: 'How often it was told again while it was open.' }),
    ack: AcknowledgementView.optional(),
    snoozed: z.object({ until: Moment, by: UserId }).optional(),
    assignee: UserId.optional(),
  })
  .meta({
    description:
      'What became of its triggers: the occurrence from `first_seq` to `last_seq` (absent: there is none), and who has it in hand.',
  });

export const AlarmView = PlainAlarmView.extend({
  severity: Severity.optional(),
  mode: Mode.optional(),
  cooldown_s: CooldownS.optional(),
  tags: Tags.optional(),
  expires_at: Moment.optional(),
  renotify_s: RenotifyS.optional(),
  renotify_max: RenotifyMax.optional(),
  note: Note.nullable().optional().meta({ description: 'What to do when it fires; null: it was erased.' }),
  status: StatusView.optional(),
}).meta({ id: 'Alarm', description: 'Each optional field is left out where it has its default.' });

export const TriggeredAlarmView = AlarmView.extend({ price: Price }).meta({ id: 'TriggeredAlarm' });

export const PageView = z
  .object({
    id: PageId,
    name: PageName,
    owner_id: UserId,
    is_owner: z.boolean(),
    seq: z.number().int().meta({ description: "Number of the page's last event; its creation is 0." }),
    can_edit: z.boolean(),
    can_share: z.boolean(),
  })
  .meta({ id: 'Page', description: "A page with the requesting user's rights." });
export type PageView = z.infer<typeof PageView>;

export const GrantView = z
  .object({
    page_id: PageId,
    subject_type: SubjectType,
    subject_id: z
      .string()
      .meta({ description: 'Id of the user or group', example: '0d6f0a64-9c0e-4b8b-8f53-4c3a8f1e2b10' }),
    can_view: z.boolean(),
    can_edit: z.boolean(),
  })
  .meta({
    id: 'Grant',
    description: 'The grant of a user or group on a page; both rights false: the grant was removed.',
  });
export type GrantView = z.infer<typeof GrantView>;

export const GroupView = z
  .object({
    id: GroupId,
    name: GroupName,
    owner_id: UserId,
    members: z.array(z.object({ id: UserId, username: z.string().meta({ example: 'john' }) })),
  })
  .meta({ id: 'Group' });
export type GroupView = z.infer<typeof GroupView>;

/** fast-json-stringify takes JSON Schema draft 7; this is zod's in that draft, without annotations. */
const serializer = <T>(schema: z.ZodType<T>): ((value: T) => string) =>
  fastJson(
    JSON.parse(
      JSON.stringify(
        z.toJSONSchema(schema, {
          target: 'draft-7',
          override: ({ jsonSchema }) => {
            delete jsonSchema.format;
          },
        }),
      ),
    ) as fastJson.AnySchema,
  );

const plainAlarmJson: (alarm: Alarm) => string = serializer(PlainAlarmView);

/** The alarm, its free text sealed (free-text.ts), here as below. One without settings, triggers and assignee has only the fields that every alarm has. */
export function alarmJson(alarm: Alarm): string {
  const plain = plainAlarmJson(alarm);
  const { settings, occurrence, assignee, snoozed } = alarm;
  if (!settings && !occurrence && assignee === undefined && !snoozed) return plain;
  const more = settings ? `,${JSON.stringify(settings).slice(1, -1)}` : '';
  const status = statusJson(alarm);
  return `${plain.slice(0, -1)}${more}${status && `,"status":${status}`}}`;
}

/** What became of the alarm's triggers; empty where there is nothing to tell. */
export function statusJson({ occurrence, assignee, snoozed }: Alarm): string {
  let has = snoozed ? `"snoozed":${JSON.stringify(snoozed)}` : '';
  if (assignee !== undefined) has += `${has && ','}"assignee":${JSON.stringify(assignee)}`;
  if (!occurrence) return has && `{${has}}`;
  const { first_seq, first_at, last_seq, last_at, count, price, renotified, ack } = occurrence;
  const state = isOpen(occurrence) ? 'open' : 'acknowledged';
  const again = renotified === undefined ? '' : `,"renotified":${renotified}`;
  const said = ack?.comment ? `,"comment":${JSON.stringify(ack.comment)}` : '';
  const acknowledgement = ack ? `,"ack":{"upto":${ack.upto},"by":"${ack.by}","at":"${ack.at}"${said}}` : '';
  return `{"state":"${state}","first_seq":${first_seq},"first_at":"${first_at}","last_seq":${last_seq},"last_at":"${last_at}","count":${count},"price":${price}${again}${acknowledgement}${has && `,${has}`}}`;
}

/** Of an acknowledgement of a whole page: the right of its actor, what it is for, and the alarms that it changed. */
export const acknowledgedPageJson = (
  { id, name, owner_id }: Pick<LivePage, 'id' | 'name' | 'owner_id'>,
  right: Right,
  { upto, comment }: { readonly upto: number; readonly comment?: Sealed | undefined },
  alarms: readonly Alarm[],
): string =>
  `{"id":${JSON.stringify(id)},"name":${JSON.stringify(name)},"owner_id":${JSON.stringify(owner_id)},"right":"${right}","upto":${upto}${comment ? `,"comment":${JSON.stringify(comment)}` : ''},"alarms":[${alarms.map((alarm) => `{"id":${JSON.stringify(alarm.id)},"status":${statusJson(alarm)}}`).join(',')}]}`;

const pageViewJson = serializer(PageView);
export const grantJson: (grant: GrantView) => string = serializer(GrantView);

/** The alarm after the trigger, with the price that met its condition. */
export const triggeredJson = (alarm: Alarm, price: number): string =>
  `${alarmJson(alarm).slice(0, -1)},"price":${price}}`;

/** The page as a user with the right `held` sees it, at `seq`. */
export const pageView = (page: Pick<LivePage, 'id' | 'name' | 'owner_id'>, seq: number, held: Right): PageView => ({
  id: page.id,
  name: page.name,
  owner_id: page.owner_id,
  is_owner: held === 'own',
  seq,
  can_edit: held === 'own' || held === 'edit',
  can_share: held === 'own',
});

export const pageJson = (page: Pick<LivePage, 'id' | 'name' | 'owner_id'>, seq: number, held: Right): string =>
  pageViewJson(pageView(page, seq, held));

/** The group with its members' names; `usernameOf` returns the name of a user id. */
export const groupView = (group: Group, usernameOf: (userId: string) => string): GroupView => ({
  id: group.id,
  name: group.name,
  owner_id: group.owner_id,
  members: Array.from(group.members.keys(), (id) => ({ id, username: usernameOf(id) })),
});
