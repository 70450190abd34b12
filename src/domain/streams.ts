/** The stream families: the one table from which each engine's filters, the decoding of events and the tests are derived. */
import { familySchemas } from './events.js';

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const SHA256 = '[0-9a-f]{64}';
const DAY_AND_NODE = '[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9a-f]{8}';

export type FamilyName = keyof typeof familySchemas;

export interface StreamFamily {
  /** The start of a stream's name, up to its id; the whole name if the family has only one stream. */
  readonly prefix: string;
  /** A regular expression of the ids, valid in .NET and JavaScript; undefined if the family has only one stream. */
  readonly id: string | undefined;
  /** Excluded from every subscription, history, export and evidence. */
  readonly isPrivate: boolean;
  /** Event types that its streams hold. */
  readonly types: ReadonlySet<string>;
  /** The projection that folds its events. */
  readonly foldedBy: 'page' | 'group' | 'users' | 'user' | 'nothing';
}

const family = (
  name: FamilyName,
  id: string | undefined,
  foldedBy: StreamFamily['foldedBy'],
  isPrivate = false,
): StreamFamily => ({
  prefix: id === undefined ? name : `${name}-`,
  id,
  isPrivate,
  types: new Set(Object.keys(familySchemas[name])),
  foldedBy,
});

/** `append` refuses a stream of a family that is missing here, on every engine. */
export const streamFamilies: Readonly<Record<FamilyName, StreamFamily>> = {
  page: family('page', UUID, 'page'),
  group: family('group', UUID, 'group'),
  /** One stream per name, identified by the hash of its normalised form. */
  username: family('username', SHA256, 'users'),
  /** Users' sessions, password changes and roles; never a hash. */
  user: family('user', UUID, 'user'),
  log: family('log', undefined, 'nothing'),
  /** What users were refused: one stream for each day and node. */
  denied: family('denied', DAY_AND_NODE, 'nothing'),
  /** Password hashes. */
  credential: family('credential', UUID, 'nothing', true),
  invitation: family('invitation', UUID, 'nothing'),
  /** Hashes of codes with which a user may set another password, by the user's id. */
  reset: family('reset', UUID, 'nothing', true),
  /** Hashes of invitations' codes, by the invitation's id. */
  'invitation-code': family('invitation-code', UUID, 'nothing', true),
  /** Hashes of access tokens, by the token's id. */
  'access-token': family('access-token', UUID, 'nothing', true),
  /** Keys of users' free text, by the user's id. */
  textkey: family('textkey', UUID, 'nothing', true),
  /** Operational state, where the log is shared; an embedded log keeps it in a table (state-store.ts). */
  state: family('state', UUID, 'nothing', true),
};

const byPrefix: ReadonlyMap<string, StreamFamily> = new Map(
  Object.values(streamFamilies).map((found) => [found.prefix, found]),
);

/** Families whose prefix has a hyphen within it. */
const ofTwoWords = Object.values(streamFamilies).filter(({ prefix }) => prefix.slice(0, -1).includes('-'));

/** The family of a stream, by the prefix of its name. Undefined if no family is registered for it. */
export function familyOf(stream: string): StreamFamily | undefined {
  for (const found of ofTwoWords) if (stream.startsWith(found.prefix)) return found;
  const end = stream.indexOf('-');
  return byPrefix.get(end === -1 ? stream : stream.slice(0, end + 1));
}

/** The family of a stream. Throws if the family is not registered: no EventStoreDB subscription would deliver it. */
export function registeredFamily(stream: string): StreamFamily {
  const found = familyOf(stream);
  if (!found) throw new Error(`No stream family is registered for ${stream}: add it to src/domain/streams.ts`);
  return found;
}

export const LOG_STREAM = 'log';
export const pageStream = (id: string): string => `page-${id}`;
export const groupStream = (id: string): string => `group-${id}`;
export const userStream = (id: string): string => `user-${id}`;
/** `day`: as in RFC 3339. `node`: eight hexadecimal digits. */
export const deniedStream = (day: string, node: string): string => `denied-${day}-${node}`;
export const credentialStream = (userId: string): string => `credential-${userId}`;
export const resetStream = (userId: string): string => `reset-${userId}`;
export const invitationStream = (id: string): string => `invitation-${id}`;
export const invitationCodeStream = (id: string): string => `invitation-code-${id}`;
export const accessTokenStream = (id: string): string => `access-token-${id}`;
export const textKeyStream = (userId: string): string => `textkey-${userId}`;
export const stateStream = (id: string): string => `state-${id}`;
export const isPrivate = (stream: string): boolean => familyOf(stream)?.isPrivate ?? false;

/** The id in the name of a stream whose family's prefix is one word: `page-6b1f…` → `6b1f…`. */
export const idOf = (stream: string): string => stream.slice(stream.indexOf('-') + 1);
