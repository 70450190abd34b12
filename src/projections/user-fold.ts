/** The fold of the events in users' streams: roles, sessions, and how each account stands. */
import type { AccessTokens } from '../domain/access-tokens.js';
import type { AccountStates } from '../domain/account-states.js';
import { isValidUserEvent } from '../domain/authorization.js';
import type { EndedSessions } from '../domain/ended-sessions.js';
import type { UserEvent } from '../domain/events.js';
import type { StartedSessions } from '../domain/started-sessions.js';
import { idOf } from '../domain/streams.js';
import type { TextKeys } from '../domain/text-keys.js';
import type { UserRoles } from '../domain/user-roles.js';
import type { RecordedEvent } from '../log/event-log.js';

export interface UserStates {
  readonly endedSessions: EndedSessions;
  readonly startedSessions: StartedSessions;
  readonly accessTokens: AccessTokens;
  readonly roles: UserRoles;
  readonly accounts: AccountStates;
  readonly textKeys: TextKeys;
}

export interface FoldedUser {
  readonly isVoid: boolean;
  /** Ids of ended sessions that the event's time made needless to remember. */
  readonly forgotten?: readonly string[];
  /** Ids of started sessions that are no longer listed. */
  readonly droppedSessions?: readonly string[];
  /** Ids of access tokens of the same user that are no longer kept. */
  readonly droppedTokens?: readonly string[];
}

const FOLDED: FoldedUser = { isVoid: false };

/** `passedMs`: how much time has passed in the log by the event. */
export function foldUser(
  { roles, accounts, textKeys, accessTokens, endedSessions, startedSessions }: UserStates,
  { metadata, stream, position }: RecordedEvent,
  event: UserEvent,
  passedMs: number,
): FoldedUser {
  const userId = idOf(stream);
  if (!isValidUserEvent(event, metadata, userId, roles.of(metadata.by))) return { isVoid: true };
  const time = { at: metadata.at, passedMs };
  switch (event.type) {
    case 'RoleGranted':
    case 'RoleRevoked':
      roles.fold(userId, event, metadata);
      return FOLDED;
    case 'UserDeactivated':
    case 'UserReactivated':
    case 'PasswordResetIssued':
      accounts.fold(userId, event, metadata);
      return FOLDED;
    case 'AuditRead':
      return FOLDED;
    case 'UserTextsErased':
      textKeys.erased(userId, event.data.key);
      return FOLDED;
    case 'SessionStarted':
      accounts.fold(userId, event, metadata);
      return { isVoid: false, droppedSessions: startedSessions.fold(userId, event, time, position) };
    case 'AccessTokenCreated':
    case 'AccessTokenDeleted':
      return { isVoid: false, droppedTokens: accessTokens.fold(userId, event, metadata) };
    case 'PasswordChanged':
    case 'SessionEnded':
      return {
        isVoid: false,
        forgotten: endedSessions.fold(userId, event, time, position),
        droppedSessions: startedSessions.fold(userId, event, time, position),
      };
  }
}
