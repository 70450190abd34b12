/**
 * What can have happened. An event holds what changed and nothing else; who did it, when and through which command is its
 * metadata. A page, a group or a user is named by its stream, so the id is not repeated inside.
 */
import { z } from 'zod';
import { AlarmId, Condition, GroupName, Moment, Option, PageName, Price, SubjectType, Ticker, UserId } from './fields.js';

/** Raised when the meaning of any event changes; each recorded event bears the version it was written with. */
export const EVENT_VERSION = 1;

const ofPage = {
  PageCreated: z.object({ name: PageName, owner_id: UserId }),
  PageRenamed: z.object({ name: PageName }),
  PageDeleted: z.object({}),
  /** Both rights false takes the grant away. */
  PageShared: z.object({ subject_type: SubjectType, subject_id: z.string(), can_view: z.boolean(), can_edit: z.boolean() }),
  AlarmCreated: z.object({ alarm_id: AlarmId, ticker: Ticker, option: Option, condition: Condition }),
  AlarmUpdated: z.object({
    alarm_id: AlarmId,
    ticker: Ticker.optional(),
    option: Option.optional(),
    condition: Condition.optional(),
    active: z.boolean().optional(),
  }),
  AlarmTriggered: z.object({ alarm_id: AlarmId, price: Price }),
  AlarmDeleted: z.object({ alarm_id: AlarmId }),
};

const ofGroup = {
  /** Its creator is its first member. */
  GroupCreated: z.object({ name: GroupName, owner_id: UserId }),
  GroupMemberAdded: z.object({ user_id: UserId }),
  GroupMemberRemoved: z.object({ user_id: UserId }),
};

const ofUser = {
  /** In the stream of the name: appended where no stream is yet, it takes the name exactly once. */
  UserRegistered: z.object({ user_id: UserId, username: z.string() }),
};

const ofUserStream = {
  /** `credential`: revision of the one that was set. Sessions that began with an older one are over, but for the one that changed it. */
  PasswordChanged: z.object({ credential: z.number().int(), session_id: z.string() }),
  /** `until`: no token of it is valid from then on, so that it need not be remembered. */
  SessionEnded: z.object({ session_id: z.string(), until: Moment }),
};

const ofLog = {
  /** The first event of a log. A restored log gets a new id, so that clients notice. */
  LogCreated: z.object({ log_id: z.string() }),
};

export const eventSchemas = { ...ofPage, ...ofGroup, ...ofUser, ...ofUserStream, ...ofLog };

type Schemas = typeof eventSchemas;
export type EventType = keyof Schemas;
type EventOf<T extends EventType> = { [K in T]: { readonly type: K; readonly data: Readonly<z.infer<Schemas[K]>> } }[T];

export type PageEvent = EventOf<keyof typeof ofPage>;
export type AlarmEvent = Extract<PageEvent, { data: { alarm_id: string } }>;

export const isAlarmEvent = (event: DomainEvent): event is AlarmEvent => 'alarm_id' in event.data;
export type GroupEvent = EventOf<keyof typeof ofGroup>;
export type UserEvent = EventOf<keyof typeof ofUserStream>;
export type DomainEvent = EventOf<EventType>;

export const Metadata = z.object({
  /** When the server took the command. */
  at: Moment,
  /** The user who did it. */
  by: z.string(),
  /** By which right: `owner`, `direct`, `group:<id>`, `member` (of a group) or `self`. */
  via: z.string(),
  /** Kind of the command, `trigger_alarm` say. */
  command: z.string(),
  /** Id of the command: UUIDv5 of the user and the id his client gave, or a random UUID where it gave none. */
  key: z.string(),
  /** The id the client gave. */
  id: z.string().optional(),
  /** SHA-256 of the validated content, hex; only with an `id`. */
  hash: z.string().optional(),
  /** Version of the event's schema. */
  v: z.number().int(),
});
export type Metadata = Readonly<z.infer<typeof Metadata>>;
