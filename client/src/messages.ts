/**
 * What goes over the wire, as types: the entities, and every message the server sends. (What the client sends: commands.ts.)
 *
 * The types describe this server. One that knows only the base contract leaves out `log`, `seq`, `at`, `by`, `can_edit`,
 * `can_share`, ids and error codes, and the `page_id` inside an update's `data`; the store copes with that (see store.ts).
 */

export interface User {
  readonly id: string;
  readonly username: string;
}

/** A page as one user sees it: `is_owner`, `can_edit` and `can_share` are that user's own rights. */
export interface Page {
  readonly id: string;
  readonly name: string;
  readonly owner_id: string;
  readonly is_owner: boolean;
  /** Revision of the page's stream that this state stands at. The page's creation is 0. */
  readonly seq: number;
  readonly can_edit: boolean;
  readonly can_share: boolean;
}

export interface Alarm {
  readonly id: string;
  readonly page_id: string;
  readonly ticker: string;
  readonly option: string;
  readonly condition: string;
  readonly active: boolean;
  /** When it was last triggered: RFC 3339, UTC, with milliseconds. */
  readonly last_triggered: string | null;
}

/** What a page's owner gave to a user or a group. Both rights false: the grant was taken away. */
export interface Grant {
  readonly page_id: string;
  readonly subject_type: 'user' | 'group';
  readonly subject_id: string;
  readonly can_view: boolean;
  readonly can_edit: boolean;
}

/** A group of users that pages can be shared with, as its owner and its members see it. */
export interface Group {
  readonly id: string;
  readonly name: string;
  readonly owner_id: string;
  readonly members: readonly User[];
}

/** A user who was added to a group. */
export interface Membership {
  readonly group_id: string;
  readonly user_id: string;
  readonly username: string;
}

/** What every event of a page's stream bears. */
interface Sequenced {
  readonly page_id: string;
  /** The stream's revision: contiguous for each viewer, so that a hole is seen by whoever reads it. */
  readonly seq: number;
  /** When the server took it: RFC 3339, UTC, with milliseconds. */
  readonly at: string;
  /** Id of the user who did it. */
  readonly by: string;
}

interface Message<Type extends string, Payload> {
  readonly type: Type;
  /** The id of the message this one answers, if it answers one. */
  readonly id?: string;
  readonly payload: Payload;
}

/** All that the user may see, sent on joining. */
export type InitialState = Message<
  'initial_state',
  {
    readonly user: User;
    /** Which log the server serves. Another one (after a restore) makes all held revisions worthless. */
    readonly log: string;
    readonly pages: readonly Page[];
    readonly alarms: readonly Alarm[];
  }
>;

export type AlarmUpdate = Message<
  'alarm_update',
  Sequenced & {
    readonly alarm_id: string;
    readonly action: 'created' | 'updated' | 'deleted' | 'triggered';
    /** The whole alarm afterwards; for `deleted` as it was; for `triggered` with the price that triggered it. */
    readonly data: Alarm & { readonly price?: number };
  }
>;

export type PageUpdate = Message<
  'page_update',
  Sequenced & {
    /** `shared` also when a right was taken away. `transferred`: it has another owner. `void`: an event without effect, of which only the seq counts. */
    readonly action: 'shared' | 'renamed' | 'transferred' | 'void';
    readonly page: Page;
    /** For the owner only. */
    readonly share?: Grant;
  }
>;

/** The user's rights on a page changed through a group, and it stays visible. Not an event of the page: no seq of its own. */
export type PageRights = Message<'page_rights', { readonly page: Page }>;

/** The user gained the right to see a page: its state at `page.seq`. */
export type PageAdded = Message<'page_added', { readonly page: Page; readonly alarms: readonly Alarm[] }>;

/** The user lost the last right to see a page, or it was deleted. */
export type PageRemoved = Message<'page_removed', { readonly page_id: string }>;

/** What a viewer lacks of one page: the messages missed, or the whole state; and the page as it is now. */
export type CatchUp = { readonly page: Page } & (
  | { readonly updates: readonly ServerMessage[] }
  | { readonly alarms: readonly Alarm[] }
);

/** The answer to `resume`: one entry for each visible page, and what the cursor named that is not visible any more. */
export type Resumed = Message<
  'resumed',
  { readonly log: string; readonly pages: readonly CatchUp[]; readonly removed: readonly string[] }
>;

/** The answer to `sync`. */
export type PageState = Message<'page_state', CatchUp>;

/** The token ends soon, and the socket with it unless `refresh` brings another. */
export type TokenExpiring = Message<'token_expiring', { readonly expires_in_s: number }>;

/** The server is about to close the socket for a restart. */
export type Draining = Message<'draining', { readonly retry_after_ms: number }>;

/** What a command led to. */
export interface Answer<Data> {
  readonly action: string;
  readonly data: Data;
  readonly seq: number;
  /** Opaque. An HTTP read with `?min_position=` this sees the command's effect, on any node. */
  readonly position: string;
}

export type Success = Message<'success', Answer<unknown>>;

export type ErrorMessage = Message<
  'error',
  {
    readonly message: string;
    /** Stable and documented, where `message` is for people. */
    readonly code?: string;
    readonly details?: unknown;
  }
>;

export type ServerMessage =
  | InitialState
  | AlarmUpdate
  | PageUpdate
  | PageRights
  | PageAdded
  | PageRemoved
  | Resumed
  | PageState
  | TokenExpiring
  | Draining
  | Success
  | ErrorMessage;

/** The message of one type: `MessageOf<'alarm_update'>` is `AlarmUpdate`. */
export type MessageOf<Type extends ServerMessage['type']> = Extract<ServerMessage, { readonly type: Type }>;
