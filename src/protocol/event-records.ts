/** Events as programs get them (GET /events): one record per event, marks, changes of scope; and the same as CloudEvents. */
import { z } from 'zod';
import type { PageEvent } from '../domain/events.js';
import { AlarmId, Moment, PageId, PageName, UserId } from '../domain/fields.js';
import { AlarmView, GivenComment, GrantView, StatusView, TriggeredAlarmView } from './views.js';

/** Raised when a field of a record is removed or changes its meaning; not when one is added. */
export const RECORD_VERSION = 1;

const PageData = z.object({ id: PageId, name: PageName, owner_id: UserId });
/** Ids and statuses of the alarms that it changed. `right`: of the actor. */
const AcknowledgedPageData = PageData.extend({
  right: z.enum(['view', 'edit', 'own']),
  upto: z.int(),
  comment: GivenComment.optional(),
  alarms: z.array(z.object({ id: AlarmId, status: StatusView })),
});
/** Empty for everybody but the page's owner. */
const GrantData = z.union([GrantView, z.object({})]);

/** The `data` of each type's records. */
const dataSchemas: Readonly<Record<PageEvent['type'], z.ZodType>> = {
  PageCreated: PageData,
  PageRenamed: PageData,
  PageDeleted: PageData,
  PageTransferred: PageData,
  PageAcknowledged: AcknowledgedPageData,
  PageShared: GrantData,
  PageLeft: GrantData,
  AlarmCreated: AlarmView,
  AlarmUpdated: AlarmView,
  AlarmTriggered: TriggeredAlarmView,
  AlarmDeleted: AlarmView,
  AlarmAcknowledged: AlarmView,
  AlarmUnacknowledged: AlarmView,
  AlarmCleared: AlarmView,
  AlarmAssigned: AlarmView,
  AlarmCommented: AlarmView,
  AlarmSnoozed: AlarmView,
  /** With the price where it is told: a snooze that was over while the alarm was open. */
  AlarmUnsnoozed: z.union([TriggeredAlarmView, AlarmView]),
  AlarmExpired: AlarmView,
  AlarmRenotified: TriggeredAlarmView,
};

export const recordTypes: readonly string[] = Object.keys(dataSchemas);

export const Cursor = z.string().meta({
  description: 'Where the stream goes on after it; opaque.',
  example: '6d1c1f0e-0c7f-4f0e-9d51-3f2f0f1e5a77.s1042',
});

const recordFields = {
  cursor: Cursor,
  id: z.string().meta({ description: "The event's id.", example: '0f8e5f0a-6d0c-4b0e-8a63-5e1f8f0a2b44' }),
  type: z.string().meta({ example: 'AlarmTriggered' }),
  page_id: PageId,
  seq: z.int().meta({ description: 'Its number on its page.' }),
  at: Moment,
  by: z.string().meta({ description: 'Id of the user who caused it, or `system`.' }),
};

const changeFields = {
  change: z.string().optional().meta({ description: "As in the event's alarm_update.", example: 'acknowledged' }),
  quiet: z.string().optional().meta({ description: 'Why a trigger was counted quietly.', example: 'cooldown' }),
  cause: z.string().optional().meta({ description: 'What ended a snooze.', example: 'timer' }),
  n: z.int().optional().meta({ description: 'The how many-th time an open alarm was told again.', example: 2 }),
  comment: GivenComment.optional().meta({ description: 'What its actor said; null: it was erased.' }),
};

export const EventRecord = z
  .object({
    ...recordFields,
    data: z.unknown().meta({ example: { id: AlarmId.meta()?.['example'] } }),
    ...changeFields,
    void: z.literal(true).optional().meta({ description: 'The event had no effect at its place; its data is empty.' }),
  })
  .meta({ id: 'EventRecord' });

export const EventScope = z
  .union([z.object({ lost: PageId }), z.object({ gained: PageId, seq: z.int() })])
  .meta({ id: 'EventScope', description: 'A page that you see no more; or one that you see now, from after seq on.' });

/** Lines of a stream beside its records. */
export const MarkLine = z.object({
  mark: z.object({
    cursor: Cursor,
    caught_up: z.boolean().meta({ description: 'Whether these were all events so far.' }),
  }),
});
export const ScopeLine = z.object({ scope: EventScope });

/** An event as a CloudEvent 1.0. */
export const CloudEvent = z
  .object({
    specversion: z.literal('1.0'),
    id: recordFields.id,
    source: z
      .string()
      .meta({ description: 'The log.', example: 'urn:alarm-server:6d1c1f0e-0c7f-4f0e-9d51-3f2f0f1e5a77' }),
    type: z.string().meta({ example: `alarm-server.AlarmTriggered.v${RECORD_VERSION}` }),
    subject: PageId,
    time: Moment,
    datacontenttype: z.literal('application/json'),
    cursor: Cursor,
    seq: recordFields.seq,
    by: recordFields.by,
    ...changeFields,
    void: z.literal(true).optional(),
    data: z.unknown().meta({ example: { id: AlarmId.meta()?.['example'] } }),
  })
  .meta({ id: 'CloudEvent' });

/** The records of a type; undefined if there is no such type. */
export function recordSchema(type: string): z.ZodType | undefined {
  const data = (dataSchemas as Readonly<Record<string, z.ZodType>>)[type];
  if (!data) return undefined;
  const { at, by, ...rest } = recordFields;
  return z.object({
    ...rest,
    type: z.literal(type),
    at,
    by,
    // A void record has no data.
    data: z.union([data, z.object({})]),
    ...changeFields,
    void: z.literal(true).optional(),
  });
}

/** The JSON Schema of the records of a type; undefined if there is no such type. */
export function recordSchemaJson(type: string): string | undefined {
  const record = recordSchema(type);
  if (!record) return undefined;
  const schema = z.toJSONSchema(record, { unrepresentable: 'any' });
  return JSON.stringify({
    ...schema,
    $id: `urn:alarm-server:${type}:v${RECORD_VERSION}`,
    title: `${type}, version ${RECORD_VERSION}`,
  });
}

export interface RecordFields {
  readonly id: string;
  readonly type: string;
  readonly seq: number;
  readonly at: string;
  readonly by: string;
  readonly void: number;
  /** `change` of its message and what belongs to it, as a JSON object; null where it has none. */
  readonly change: string | null;
}

const changeOf = ({ change }: RecordFields): string => (change === null ? '' : `,${change.slice(1, -1)}`);

/** `data`: what the reader sees of it, as JSON; here as below. */
export const recordJson = (cursor: string, pageId: string, event: RecordFields, data: string): string =>
  `{"cursor":"${cursor}","id":"${event.id}","type":"${event.type}","page_id":"${pageId}","seq":${event.seq},"at":"${event.at}","by":"${event.by}","data":${data}${changeOf(event)}${event.void ? ',"void":true' : ''}}`;

/** As a CloudEvent 1.0. `source`: a URI of the log. */
export const cloudEventJson = (
  cursor: string,
  pageId: string,
  event: RecordFields,
  data: string,
  source: string,
): string =>
  `{"specversion":"1.0","id":"${event.id}","source":"${source}","type":"alarm-server.${event.type}.v${RECORD_VERSION}","subject":"${pageId}","time":"${event.at}","datacontenttype":"application/json","cursor":"${cursor}","seq":${event.seq},"by":"${event.by}"${changeOf(event)}${event.void ? ',"void":true' : ''},"data":${data}}`;

export const markJson = (cursor: string, caughtUp: boolean): string =>
  `{"mark":{"cursor":"${cursor}","caught_up":${caughtUp}}}`;
