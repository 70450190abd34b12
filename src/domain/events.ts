/**
 * The event types. An event holds only what changed; actor, time and command are its metadata. Its stream names the page, group or
 * user, so their id is not repeated in the data.
 *
 * A schema here describes stored events, not what a command may ask for: bounds of names and texts (fields.ts) may become narrower,
 * and a log still holds what was accepted before.
 */
import { z } from 'zod';
import { ofDenied } from './denial-events.js';
import { Ability, Mode, Moment, Role, Severity, SubjectType } from './fields.js';
import { Sealed } from './free-text.js';

const Id = z.string();
const Text = z.string();

/** Settings of an alarm; null, or left out of a creation: the default. */
const settings = {
  severity: Severity.nullable().optional(),
  mode: Mode.nullable().optional(),
  cooldown_s: z.number().int().nullable().optional(),
  tags: z.array(Text).nullable().optional(),
  expires_at: Moment.nullable().optional(),
  renotify_s: z.number().int().nullable().optional(),
  renotify_max: z.number().int().nullable().optional(),
  note: Sealed.nullable().optional(),
};

/** What the actor said about it. */
const comment = { comment: Sealed.optional() };

const ofPage = {
  PageCreated: z.object({ name: Text, owner_id: Id }),
  PageRenamed: z.object({ name: Text }),
  PageDeleted: z.object({}),
  /** Both rights false removes the grant. */
  PageShared: z.object({ subject_type: SubjectType, subject_id: Id, can_view: z.boolean(), can_edit: z.boolean() }),
  /** The actor has removed their own direct grant. */
  PageLeft: z.object({}),
  /** `owner_id`: the new owner, whose own direct grant ends. `keep`: the owner until then gets a direct grant to edit; otherwise they have no direct grant left. */
  PageTransferred: z.object({ owner_id: Id, keep: z.boolean() }),
  /** Every open occurrence of the page is acknowledged as far as `upto`, a seq of the page that the actor has seen. */
  PageAcknowledged: z.object({ upto: z.number().int(), ...comment }),
  AlarmCreated: z.object({ alarm_id: Id, ticker: Text, option: Text, condition: Text, ...settings }),
  AlarmUpdated: z.object({
    alarm_id: Id,
    ticker: Text.optional(),
    option: Text.optional(),
    condition: Text.optional(),
    active: z.boolean().optional(),
    ...settings,
  }),
  AlarmTriggered: z.object({ alarm_id: Id, price: z.number() }),
  AlarmDeleted: z.object({ alarm_id: Id }),
  /** `upto`: seq of the last trigger that was acknowledged. */
  AlarmAcknowledged: z.object({ alarm_id: Id, upto: z.number().int(), ...comment }),
  AlarmUnacknowledged: z.object({ alarm_id: Id, ...comment }),
  /** The occurrence is over: its triggers are dealt with. */
  AlarmCleared: z.object({ alarm_id: Id, ...comment }),
  /** `user_id`: who has it in hand from now on; null: nobody. */
  AlarmAssigned: z.object({ alarm_id: Id, user_id: Id.nullable() }),
  /** Until then triggers are counted quietly. */
  AlarmSnoozed: z.object({ alarm_id: Id, until: Moment, ...comment }),
  /** What somebody said about the alarm. */
  AlarmCommented: z.object({ alarm_id: Id, text: Sealed }),
  /** `arm`, here as below: seq of the event that set the deadline which caused it. Without one, a user ended the snooze. */
  AlarmUnsnoozed: z.object({ alarm_id: Id, arm: z.number().int().optional() }),
  /** Its `expires_at` has come: it is off. */
  AlarmExpired: z.object({ alarm_id: Id, arm: z.number().int() }),
  /** It is still open: it is told again, for the `n`-th time. */
  AlarmRenotified: z.object({ alarm_id: Id, arm: z.number().int(), n: z.number().int() }),
};

const ofGroup = {
  /** The creator is the first member. */
  GroupCreated: z.object({ name: Text, owner_id: Id }),
  GroupMemberAdded: z.object({ user_id: Id }),
  GroupMemberRemoved: z.object({ user_id: Id }),
  GroupRenamed: z.object({ name: Text }),
  /** Every grant to the group ends here. */
  GroupDeleted: z.object({}),
  /** `owner_id`: the new owner, who becomes a member. `keep`: the owner until then stays a member if they are one; otherwise they are none. */
  GroupTransferred: z.object({ owner_id: Id, keep: z.boolean() }),
};

const ofUser = {
  /** In the stream of the username. It is appended only if the stream does not exist, so a name is taken exactly once. */
  UserRegistered: z.object({ user_id: Id, username: Text }),
};

const ofUserStream = {
  /**
   * `credential`: revision of the new credential. Sessions that began with an older one have ended. `session_id`: the session that
   * began with it (in old events: the session that requested the change and stayed valid).
   */
  PasswordChanged: z.object({ credential: z.number().int(), session_id: z.string() }),
  /** `until`: when every token of the session has expired and the entry can be forgotten. */
  SessionEnded: z.object({ session_id: z.string(), until: Moment }),
  RoleGranted: z.object({ role: Role }),
  RoleRevoked: z.object({ role: Role }),
  /** Nothing that the user does counts from here on, until UserReactivated. */
  UserDeactivated: z.object({}),
  UserReactivated: z.object({}),
  /** `until`: the last moment at which the code can be used. Its hash is in a private stream. */
  PasswordResetIssued: z.object({ until: Moment }),
  /** `until`: the end of the session; no token of it is valid from then on. */
  SessionStarted: z.object({ session_id: z.string(), until: Moment }),
  /** `pages`, `types`: what it is limited to; null: not. `until`: it is not valid from then on. Its hash is in a private stream. */
  AccessTokenCreated: z.object({
    token_id: Id,
    name: Text,
    can: z.array(Ability),
    pages: z.array(Id).nullable(),
    types: z.array(Text).nullable(),
    until: Moment,
  }),
  AccessTokenDeleted: z.object({ token_id: Id }),
  /** An auditor has read something. `what`: the operation's id in /openapi.json. `range`: its parameters as they were given. */
  AuditRead: z.object({ what: Text, range: z.record(z.string(), Text) }),
  /** `key`: revision of the newest text key of the user. Texts that they wrote with this key or an earlier one are erased. */
  UserTextsErased: z.object({ key: z.number().int() }),
};

const ofInvitation = {
  /** Whoever has its code may register once, until the moment `until`. The code's hash is in a private stream. */
  InvitationIssued: z.object({ until: Moment }),
  /** `user_id`: the account that was registered with it. */
  InvitationUsed: z.object({ user_id: Id }),
};

const ofLog = {
  /** The first event of a log. The log's id is that of the last event of its stream. */
  LogCreated: z.object({ log_id: Id }),
  /** History may have been replaced: from here on the log has another id. `previous` is the former one. */
  LogRestored: z.object({ log_id: Id, previous: Id }),
};

/** Events of private streams, which no subscription delivers. */
const ofCredential = {
  /** A password's hash. `session_id`: after a password change, the session that began with it. */
  CredentialSet: z.object({ hash: z.string(), session_id: z.string().optional() }),
};

const ofReset = {
  /** `hash`: SHA-256 of the code, base64url, here as below. `until`: it is not accepted after this moment. */
  ResetCodeSet: z.object({ hash: z.string(), until: Moment }),
  /** The code before it is void: it was used. */
  ResetCodeUsed: z.object({}),
};

const ofInvitationCode = {
  InvitationCodeSet: z.object({ hash: z.string(), until: Moment }),
};

const ofAccessToken = {
  /** SHA-256 of the token's secret part, base64url. */
  AccessTokenSet: z.object({ hash: z.string() }),
};

const ofTextKey = {
  /** The key that its user's free text is encrypted with: 32 bytes, base64. Null: it is destroyed. */
  TextKeySet: z.object({ key: z.string().nullable() }),
};

const ofState = {
  /** Operational state (state-store.ts), which replaces the one before it. */
  StateWritten: z.object({ value: z.unknown() }),
};

/** The events of each stream family (streams.ts), by type, in their current version. */
export const familySchemas = {
  page: ofPage,
  group: ofGroup,
  username: ofUser,
  user: ofUserStream,
  log: ofLog,
  denied: ofDenied,
  credential: ofCredential,
  invitation: ofInvitation,
  reset: ofReset,
  'invitation-code': ofInvitationCode,
  'access-token': ofAccessToken,
  textkey: ofTextKey,
  state: ofState,
} as const;

export const eventSchemas = {
  ...ofPage,
  ...ofGroup,
  ...ofUser,
  ...ofUserStream,
  ...ofInvitation,
  ...ofDenied,
  ...ofLog,
};

const privateSchemas = { ...ofCredential, ...ofReset, ...ofInvitationCode, ...ofAccessToken, ...ofTextKey, ...ofState };

/** The schema of every event type, private streams included. */
export const storedSchemas = { ...eventSchemas, ...privateSchemas };

type Schemas = typeof eventSchemas;
export type EventType = keyof Schemas;
export type StoredEventType = keyof typeof storedSchemas;

/**
 * The current version of each event's schema, which new events are written with. Every change of a schema, an optional field too,
 * raises it and needs an upcaster from the version before (upcasters.ts) and a golden file (test/domain/golden).
 */
export const eventVersions: Readonly<Record<StoredEventType, number>> = {
  PageCreated: 1,
  PageRenamed: 1,
  PageDeleted: 1,
  PageShared: 1,
  PageLeft: 1,
  PageTransferred: 1,
  PageAcknowledged: 2,
  AlarmCreated: 4,
  AlarmUpdated: 4,
  AlarmTriggered: 1,
  AlarmDeleted: 1,
  AlarmAcknowledged: 2,
  AlarmUnacknowledged: 2,
  AlarmCleared: 2,
  AlarmAssigned: 1,
  AlarmSnoozed: 2,
  AlarmCommented: 1,
  AlarmUnsnoozed: 1,
  AlarmExpired: 1,
  AlarmRenotified: 1,
  GroupCreated: 1,
  GroupMemberAdded: 1,
  GroupMemberRemoved: 1,
  GroupRenamed: 1,
  GroupDeleted: 1,
  GroupTransferred: 1,
  UserRegistered: 1,
  PasswordChanged: 1,
  SessionEnded: 1,
  RoleGranted: 1,
  RoleRevoked: 1,
  UserDeactivated: 1,
  UserReactivated: 1,
  PasswordResetIssued: 1,
  SessionStarted: 1,
  AccessTokenCreated: 1,
  AccessTokenDeleted: 1,
  AuditRead: 1,
  CommandDenied: 1,
  DenialsSummarised: 1,
  UserTextsErased: 1,
  LogCreated: 1,
  LogRestored: 1,
  CredentialSet: 1,
  InvitationIssued: 1,
  InvitationUsed: 1,
  ResetCodeSet: 1,
  ResetCodeUsed: 1,
  InvitationCodeSet: 1,
  AccessTokenSet: 1,
  TextKeySet: 1,
  StateWritten: 1,
};

type EventOf<T extends EventType> = { [K in T]: { readonly type: K; readonly data: Readonly<z.infer<Schemas[K]>> } }[T];

export type PageEvent = EventOf<keyof typeof ofPage>;
/** An event of a page's stream; alarm events are page events too. */
export const isPageEvent = (event: DomainEvent): event is PageEvent => Object.hasOwn(ofPage, event.type);
export const isGroupEvent = (event: DomainEvent): event is GroupEvent => Object.hasOwn(ofGroup, event.type);

export const isUserEvent = (event: DomainEvent): event is UserEvent => Object.hasOwn(ofUserStream, event.type);

export type AlarmEvent = Extract<PageEvent, { data: { alarm_id: string } }>;

export const isAlarmEvent = (event: DomainEvent): event is AlarmEvent => 'alarm_id' in event.data;
export type GroupEvent = EventOf<keyof typeof ofGroup>;
export type LogEvent = EventOf<keyof typeof ofLog>;
/** An event about what users were refused. */
export type DenialEvent = EventOf<keyof typeof ofDenied>;
export type UserEvent = EventOf<keyof typeof ofUserStream>;
export type DomainEvent = EventOf<EventType>;

export const Metadata = z.object({
  /** When the server received the command. */
  at: Moment,
  /** Id of the actor. */
  by: z.string(),
  /**
   * The right it used: `owner`, `direct`, `group:<id>`, `member` (of a group), `self`, `session:<id>` (of a password change: the
   * session that requested it), `operator` (an operator), or `admin` (`npm run admin` on the server's machine; `by` is `system`).
   */
  via: z.string(),
  /** The command's kind, for example `trigger_alarm`. */
  command: z.string(),
  /** Key of the command: UUIDv5 of the user and the id their client gave, or a random UUID if it gave none. */
  key: z.string(),
  /** The id that the client gave. */
  id: z.string().optional(),
  /** SHA-256 of the validated content, hex; only with an `id`. */
  hash: z.string().optional(),
  /** Id of the access token with which a program sent the command. */
  token: z.string().optional(),
  /** Version of the event's schema it was written with. */
  v: z.number().int(),
});
export type Metadata = Readonly<z.infer<typeof Metadata>>;

type PrivateEventOf<T extends keyof typeof privateSchemas> = {
  [K in T]: { readonly type: K; readonly data: Readonly<z.infer<(typeof privateSchemas)[K]>> };
}[T];

/** An event of a private stream: a hash of a password or of a code, or a key of texts. Never delivered to subscribers. */
export type PrivateEvent = PrivateEventOf<keyof typeof privateSchemas>;
export type CredentialSet = PrivateEventOf<'CredentialSet'>;

export const isPrivateEvent = (event: { readonly type: string; readonly data: unknown }): event is PrivateEvent =>
  Object.hasOwn(privateSchemas, event.type);
