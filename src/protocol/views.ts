/** The representation of pages, alarms, grants and groups for users: one schema for socket, HTTP and history, and its JSON. */
import fastJson from 'fast-json-stringify';
import { z } from 'zod';
import type { Right } from '../domain/authorization.js';
import {
  AlarmId,
  Condition,
  GroupId,
  GroupName,
  Moment,
  Option,
  PageId,
  PageName,
  Price,
  SubjectType,
  Ticker,
  UserId,
} from '../domain/fields.js';
import type { Group } from '../domain/group.js';
import type { Alarm, LivePage } from '../domain/page.js';

export const AlarmView = z
  .object({
    id: AlarmId,
    page_id: PageId,
    ticker: Ticker,
    option: Option,
    condition: Condition,
    active: z.boolean(),
    last_triggered: Moment.nullable().meta({ description: 'When it was last triggered; null if never.' }),
  })
  .meta({ id: 'Alarm' });

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

export const alarmJson: (alarm: Alarm) => string = serializer(AlarmView);
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
