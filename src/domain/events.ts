/**
 * What can have happened. An event holds what changed and nothing else; who did it, when and through which command is its
 * metadata. A page, a group or a user is named by its stream, so the id is not repeated inside.
 *
 * A schema here says of what an event is made, not what a command may ask for: the bounds of names and texts (fields.ts) may become
 * narrower, and a log still holds what was accepted before.
 */
import { z } from 'zod';
import { Moment, SubjectType } from './fields.js';

const Id = z.string();
const Text = z.string();

const ofPage = {
  PageCreated: z.object({ name: Text, owner_id: Id }),
  PageRenamed: z.object({ name: Text }),
  PageDeleted: z.object({}),
  /** Both rights false takes the grant away. */
  PageShared: z.object({ subject_type: SubjectType, subject_id: Id, can_view: z.boolean(), can_edit: z.boolean() }),
  /** Its actor has taken their own direct grant away. */
  PageLeft: z.object({}),
  AlarmCreated: z.object({ alarm_id: Id, ticker: Text, option: Text, condition: Text }),
  AlarmUpdated: z.object({
    alarm_id: Id,
    ticker: Text.optional(),
    option: Text.optional(),
    condition: Text.optional(),
    active: z.boolean().optional(),
  }),
  AlarmTriggered: z.object({ alarm_id: Id, price: z.number() }),
  AlarmDeleted: z.object({ alarm_id: Id }),
};

const ofGroup = {
  /** Its creator is its first member. */
  GroupCreated: z.object({ name: Text, owner_id: Id }),
  GroupMemberAdded: z.object({ user_id: Id }),
  GroupMemberRemoved: z.object({ user_id: Id }),
};

const ofUser = {
  /** In the stream of the name: appended where no stream is yet, it takes the name exactly once. */
  UserRegistered: z.object({ user_id: Id, username: Text }),
};

const ofUserStream = {
  /** `credential`: revision of the one that was set. Sessions that began with an older one are over. `session_id`: the one that began with it (in events of before: the one that changed it, which went on). */
  PasswordChanged: z.object({ credential: z.number().int(), session_id: z.string() }),
  /** `until`: no token of it is valid from then on, so that it need not be remembered. */
  SessionEnded: z.object({ session_id: z.string(), until: Moment }),
};

const ofLog = {
  /** The first event of a log. The log's id is that of the last event of its stream. */
  LogCreated: z.object({ log_id: Id }),
  /** History may have been replaced: from here on the log has another id. `previous` is the one it had. */
  LogRestored: z.object({ log_id: Id, previous: Id }),
};

/** Of private streams, which are in no feed. */
const ofCredential = {
  /** A password's hash. `session_id`, of a changed password: the session that began with it. */
  CredentialSet: z.object({ hash: z.string(), session_id: z.string().optional() }),
};

/** The events of each stream family (streams.ts), by type, as their current version has them. */
export const familySchemas = {
  page: ofPage,
  group: ofGroup,
  username: ofUser,
  user: ofUserStream,
  log: ofLog,
  credential: ofCredential,
} as const;

export const eventSchemas = { ...ofPage, ...ofGroup, ...ofUser, ...ofUserStream, ...ofLog };

/** The schema of every event there is, those of private streams too. */
export const storedSchemas = { ...eventSchemas, ...ofCredential };

type Schemas = typeof eventSchemas;
export type EventType = keyof Schemas;
export type StoredEventType = keyof typeof storedSchemas;

/**
 * The current version of each event's schema: what is written today. Every change of a schema, an optional field too, raises it,
 * with an upcaster from the version before (upcasters.ts) and a golden file (test/domain/golden).
 */
export const eventVersions: Readonly<Record<StoredEventType, number>> = {
  PageCreated: 1,
  PageRenamed: 1,
  PageDeleted: 1,
  PageShared: 1,
  PageLeft: 1,
  AlarmCreated: 1,
  AlarmUpdated: 1,
  AlarmTriggered: 1,
  AlarmDeleted: 1,
  GroupCreated: 1,
  GroupMemberAdded: 1,
  GroupMemberRemoved: 1,
  UserRegistered: 1,
  PasswordChanged: 1,
  SessionEnded: 1,
  LogCreated: 1,
  LogRestored: 1,
  CredentialSet: 1,
};

type EventOf<T extends EventType> = { [K in T]: { readonly type: K; readonly data: Readonly<z.infer<Schemas[K]>> } }[T];

export type PageEvent = EventOf<keyof typeof ofPage>;
/** Page events are those of a page's stream. */
export const isPageEvent = (event: DomainEvent): event is PageEvent => Object.hasOwn(ofPage, event.type);

export type AlarmEvent = Extract<PageEvent, { data: { alarm_id: string } }>;

export const isAlarmEvent = (event: DomainEvent): event is AlarmEvent => 'alarm_id' in event.data;
export type GroupEvent = EventOf<keyof typeof ofGroup>;
export type LogEvent = EventOf<keyof typeof ofLog>;
export type UserEvent = EventOf<keyof typeof ofUserStream>;
export type DomainEvent = EventOf<EventType>;

export const Metadata = z.object({
  /** When the server took the command. */
  at: Moment,
  /** The user who did it. */
  by: z.string(),
  /** By which right: `owner`, `direct`, `group:<id>`, `member` (of a group), `self`, or `session:<id>` (of a change of the password: the session that asked). */
  via: z.string(),
  /** Kind of the command, `trigger_alarm` say. */
  command: z.string(),
  /** Id of the command: UUIDv5 of the user and the id his client gave, or a random UUID where it gave none. */
  key: z.string(),
  /** The id the client gave. */
  id: z.string().optional(),
  /** SHA-256 of the validated content, hex; only with an `id`. */
  hash: z.string().optional(),
  /** Version of the event's schema that it was written with. */
  v: z.number().int(),
});
export type Metadata = Readonly<z.infer<typeof Metadata>>;

/** An event of a private stream: a password hash. Never fed to subscribers. */
export interface CredentialSet {
  readonly type: 'CredentialSet';
  readonly data: Readonly<z.infer<(typeof ofCredential)['CredentialSet']>>;
}
