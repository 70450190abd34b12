/** A viewer's record: everything it received and sent, in order, and what it held at the end. */

export interface PageSeen {
  readonly id: string;
  readonly name: string;
  readonly owner_id: string;
  readonly is_owner: boolean;
  readonly seq: number;
  readonly can_edit: boolean;
  readonly can_share: boolean;
}

export interface AlarmSeen {
  readonly id: string;
  readonly page_id: string;
  readonly ticker: string;
  readonly option: string;
  readonly condition: string;
  readonly active: boolean;
  readonly last_triggered: string | null;
  readonly mode?: 'every' | 'once' | 'cooldown';
  readonly expires_at?: string;
  readonly renotify_s?: number;
  readonly renotify_max?: number;
  readonly note?: string | null;
  readonly status?: StatusSeen;
}

/** A message of the server, as parsed and no further. */
export interface Message {
  readonly type: string;
  readonly id?: string;
  // Whatever the server said: it is the checker that judges it.
  readonly payload: any;
}

/** Page → last seq held. */
export type Cursor = Readonly<Record<string, number>>;

/** `order` is the place of the entry among those of all viewers: one count for a whole run. */
export type Entry = { readonly order: number /** Counted from 1. */; readonly connection: number } & (
  | { readonly kind: 'opening' }
  | { readonly kind: 'resume'; readonly id: string; readonly pages: Cursor }
  | { readonly kind: 'sync'; readonly id: string; readonly page: string; readonly seq: number }
  | { readonly kind: 'heard'; readonly message: Message }
  | { readonly kind: 'closed'; readonly code: number }
);

/** An entry before it has its place. */
export type Unplaced = Entry extends infer E ? (E extends Entry ? Omit<E, 'order' | 'connection'> : never) : never;

/** An answer to a command: over the socket the success's whole payload as text, over HTTP the body. */
export type Answer =
  | {
      readonly kind: 'success';
      readonly seq: number | undefined;
      readonly position: string;
      readonly text: string;
      readonly over: 'socket' | 'http';
    }
  | { readonly kind: 'refused'; readonly code: string };

export interface CommandSent {
  readonly id: string;
  readonly type: string;
  /** How often it was sent. */
  times: number;
  readonly answers: Answer[];
}

export interface PageHeld {
  readonly page: PageSeen;
  readonly alarms: ReadonlyMap<string, AlarmSeen>;
}

export interface ViewerHistory {
  readonly user: string;
  /** Its name in findings. */
  readonly name: string;
  readonly entries: readonly Entry[];
  readonly commands: Iterable<CommandSent>;
  /** What it held at the end. */
  readonly store: ReadonlyMap<string, PageHeld>;
  /** Whether it was connected and everything had settled: then nothing may be missing. */
  readonly isWhole: boolean;
  /** Whatever must not happen at all, in words. */
  readonly complaints: readonly string[];
}

/** What became of an alarm's triggers. */
export interface StatusSeen {
  readonly state?: 'open' | 'acknowledged';
  readonly first_seq?: number;
  readonly first_at?: string;
  readonly last_seq?: number;
  readonly last_at?: string;
  readonly count?: number;
  readonly price?: number;
  readonly ack?: { readonly upto: number; readonly by: string; readonly at: string; readonly comment?: string | null };
  readonly assignee?: string;
  readonly renotified?: number;
  readonly snoozed?: { readonly until: string; readonly by: string };
}
