/** The package's public API: the client of the alarm server, and the functions and types that its users need. */

export {
  type AccessToken,
  type AccessTokenWish,
  createAccessToken,
  deleteAccessToken,
  type ListedAccessToken,
  listAccessTokens,
  type NewAccessToken,
} from './access-tokens.js';
export { type Credentials, login, register, renewToken, requestTicket } from './account.js';
export {
  type AdminSocket,
  type AdminUser,
  closeSocket,
  deactivateUser,
  endSessions,
  type Figure,
  type Figures,
  getFigures,
  issueResetCode,
  listSockets,
  listUsers,
  type OneTimeCode,
  reactivateUser,
  type UserListOptions,
} from './administration.js';
export { AlarmClient } from './alarm-client.js';
export { type AsOf, type PageThen, pageAt } from './as-of.js';
export {
  type AccessChange,
  type AccessChanges,
  type AuditedGroup,
  type AuditedPage,
  type AuditedPages,
  type AuditedPath,
  type AuditListOptions,
  type AuditWindow,
  accessChanges,
  auditedGroup,
  auditedHistory,
  auditedPage,
  auditedPages,
  type CommandDenied,
  type Denials,
  type DenialsSummarised,
  denials,
  type ExplainQuery,
  type Explanation,
  explainAccess,
  newestCheckpoint,
  type PageAccess,
  pageAccess,
  type UserAccess,
  userAccess,
  verifierKey,
} from './audit.js';
export type { BackOff } from './back-off.js';
export type { ClientEvents } from './client-events.js';
export type { AlarmClientOptions, CommandOptions } from './client-options.js';
export type { ClientState } from './client-state.js';
export type { AlarmSettings, CommandMessage, Commands, CommandType } from './commands.js';
export type { SocketConstructor, StandardSocket } from './connection.js';
export type { CredentialOptions, Source } from './credential.js';
export {
  AlarmServerError,
  ConnectionClosedError,
  MalformedMessageError,
  NotSentError,
  OutcomeUnknownError,
} from './errors.js';
export {
  type EventItem,
  type EventMark,
  type EventRecord,
  type EventScope,
  type EventsOptions,
  events,
  type StopSignal,
} from './events.js';
export {
  addGroupMember,
  createGroup,
  deleteGroup,
  type GroupOptions,
  listGroups,
  removeGroupMember,
  renameGroup,
  transferGroup,
} from './groups.js';
export {
  alarmHistory,
  alarmOccurrences,
  type HistoryEvent,
  type HistoryOptions,
  type HistoryPart,
  type Occurrence,
  type OccurrencesOptions,
  type OccurrencesPart,
  pageHistory,
} from './history.js';
export { type Reply, type RequestOptions, request } from './http.js';
export type * from './messages.js';
export {
  type FoundUser,
  findUser,
  findUserById,
  getUser,
  listShares,
  listViewers,
  logout,
  type Me,
  me,
  type Viewer,
} from './people.js';
export type { Skipped } from './replica.js';
export { AlarmStore, type Cursor, type Gap, type Outcome } from './store.js';
export {
  acknowledge,
  type Claim,
  claimPartition,
  deleteSubscription,
  getSubscription,
  type HeldPartition,
  listSubscriptions,
  listWebhookAttempts,
  putSubscription,
  type ReadOptions,
  readSubscription,
  releasePartition,
  rotateWebhookSecret,
  type Subscription,
  type SubscriptionEvents,
  type SubscriptionPosition,
  type SubscriptionWebhook,
  type SubscriptionWish,
  type WebhookAttempt,
  type WebhookAttempts,
  type WholeSubscription,
} from './subscriptions.js';
export type { Timers } from './timers.js';
