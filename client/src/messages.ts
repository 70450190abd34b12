/**
 * The types of the wire: the entities and every message of the server. (Messages of the client: commands.ts.)
 *
 * The types describe this server. One that only has the base contract omits `log`, `seq`, `at`, `by`, `can_edit`, `can_share`, ids
 * and error codes, and the `page_id` inside an update's `data`; the store supports that (see store.ts).
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
  /** Revision of the page's stream that this state is at. The page's creation is 0. */
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
  /** This and the following are left out where they have their default. Default: `medium`. */
  readonly severity?: Severity;
  /** Default: `every`. `once`: the first trigger also switches it off. `cooldown`: triggers within `cooldown_s` of the last one told are counted quietly. */
  readonly mode?: Mode;
  /** In seconds. Default: 60. */
  readonly cooldown_s?: number;
  readonly tags?: readonly string[];
  /** From then on it is off. */
  readonly expires_at?: string;
  /** In seconds: while it is open and not snoozed, it is told again at this interval. */
  readonly renotify_s?: number;
  /** How often at most. Default: 30. */
  readonly renotify_max?: number;
  /** What to do when it fires. Null: it was erased. */
  readonly note?: string | null;
  /** What became of its triggers; absent where there is nothing to tell. */
  readonly status?: AlarmStatus;
}

export type Severity = 'low' | 'medium' | 'high' | 'critical';
export type Mode = 'every' | 'once' | 'cooldown';

/** The occurrence, a run of triggers that nobody has dealt with (without `state`: there is none), and who has it in hand. */
export interface AlarmStatus {
  readonly state?: 'open' | 'acknowledged';
  /** Seqs of the page. */
  readonly first_seq?: number;
  readonly first_at?: string;
  readonly last_seq?: number;
  readonly last_at?: string;
  /** Number of its triggers. */
  readonly count?: number;
  /** Of the last trigger. */
  readonly price?: number;
  /** How often it was told again while it was open. */
  readonly renotified?: number;
  /** The last acknowledgement: of the triggers up to the seq `upto`. `comment`: null: it was erased. */
  readonly ack?: { readonly upto: number; readonly by: string; readonly at: string; readonly comment?: string | null };
  /** Until then its triggers are counted quietly. `by`: id of a user. */
  readonly snoozed?: { readonly until: string; readonly by: string };
  /** Id of a user. */
  readonly assignee?: string;
}

/** A grant of a page's owner to a user or a group. Both rights false: the grant was removed. */
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
  /** The stream's revision: contiguous for each viewer, so that a missing event is detected. */
  readonly seq: number;
  /** When the server received it: RFC 3339, UTC, with milliseconds. */
  readonly at: string;
  /** Id of the actor. */
  readonly by: string;
}

interface Message<Type extends string, Payload> {
  readonly type: Type;
  /** The id of the message that this one answers, if any. */
  readonly id?: string;
  readonly payload: Payload;
}

/** Everything that the user may see, sent on joining. */
export type InitialState = Message<
  'initial_state',
  {
    readonly user: User;
    /** Id of the server's log. If it changes (after a restore), all held revisions are invalid. */
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
    /** What happened, where `action` does not say it precisely. */
    readonly change?:
      | 'triggered_quietly'
      | 'acknowledged'
      | 'unacknowledged'
      | 'cleared'
      | 'assigned'
      | 'snoozed'
      | 'unsnoozed'
      | 'expired'
      | 'renotified'
      | 'commented';
    /** Why a trigger was counted quietly. */
    readonly quiet?: 'cooldown' | 'snoozed';
    /** Of `unsnoozed`: what ended the snooze. */
    readonly cause?: 'user' | 'timer';
    /** Of `renotified`: the how many-th time. */
    readonly n?: number;
    /** What its actor said with it. Null: it was erased. */
    readonly comment?: string | null;
  }
>;

export type PageUpdate = Message<
  'page_update',
  Sequenced & {
    /** `shared` also when a right was removed. `transferred`: it has another owner. `void`: an event without effect, which only advances the seq. */
    readonly action: 'shared' | 'renamed' | 'transferred' | 'acknowledged' | 'void';
    readonly page: Page;
    /** Only for the page's owner. */
    readonly share?: Grant;
    /** Of `acknowledged`: triggers up to this seq were acknowledged. */
    readonly upto?: number;
    /** Of `acknowledged`: what its actor said. Null: it was erased. */
    readonly comment?: string | null;
    /** Of `acknowledged`: the alarms that it changed, whole. */
    readonly alarms?: readonly Alarm[];
  }
>;

/** The user's rights on a page changed through a group, and the page stays visible. Not an event of the page: it has no seq of its own. */
export type PageRights = Message<'page_rights', { readonly page: Page }>;

/** The user gained the right to see a page: its state at `page.seq`. */
export type PageAdded = Message<'page_added', { readonly page: Page; readonly alarms: readonly Alarm[] }>;

/** The user lost the right to see a page, or it was deleted. */
export type PageRemoved = Message<'page_removed', { readonly page_id: string }>;

/** What a viewer lacks of one page: the missed messages, or the whole state; and the page in its current state. */
export type CatchUp = { readonly page: Page } & (
  | { readonly updates: readonly ServerMessage[] }
  | { readonly alarms: readonly Alarm[] }
);

/** The answer to `resume`: one entry for each visible page, and the pages of the cursor that are no longer visible. */
export type Resumed = Message<
  'resumed',
  { readonly log: string; readonly pages: readonly CatchUp[]; readonly removed: readonly string[] }
>;

/** The answer to `sync`. */
export type PageState = Message<'page_state', CatchUp>;

/** The token expires soon, and the socket is closed then unless `refresh` sends another one. */
export type TokenExpiring = Message<'token_expiring', { readonly expires_in_s: number }>;

/** The server is about to close the socket for a restart. */
export type Draining = Message<'draining', { readonly retry_after_ms: number }>;

/** The result of a command. */
export interface Answer<Data> {
  readonly action: string;
  readonly data: Data;
  readonly seq: number;
  /** Opaque. An HTTP read with `?min_position=` this value sees the command's effect, on any node. */
  readonly position: string;
}

export type Success = Message<'success', Answer<unknown>>;

export type ErrorMessage = Message<
  'error',
  {
    readonly message: string;
    /** Stable and documented; `message` is for people. */
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
