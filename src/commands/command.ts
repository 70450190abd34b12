/**
 * The definition of a command. One such object gives its message on the socket, its HTTP route, its entry in both API documents,
 * its label in the metrics and its name in the history.
 */
import type { z } from 'zod';
import type { Right } from '../domain/authorization.js';
import type { GroupEvent, PageEvent } from '../domain/events.js';
import type { Sealed } from '../domain/free-text.js';
import type { Group } from '../domain/group.js';
import type { Page } from '../domain/page.js';
import type { Refusal } from '../domain/refusals.js';
import type { LiveState } from '../projections/live-state.js';
import type { CountLimits } from './count-limits.js';

/** The command's HTTP route. Payload fields that the path names are taken from it, the others from the body. */
export interface HttpRoute {
  readonly method: 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** 201 with the created entity, 200 with the changed entity, 204 for a removal. */
  readonly status: 200 | 201 | 204;
}

interface Described<K extends string, P> {
  /** Its `type` on the socket and its name in the history and the metrics. */
  readonly kind: K;
  /** One sentence for the API documents. */
  readonly summary: string;
  readonly payload: z.ZodType<P>;
  /** The field of its payload that holds free text of its user, if it may hold some. */
  readonly freeText?: 'comment' | 'note' | 'text';
  /** The `action` of its answer. */
  readonly done: string;
  /** Whether it is for operators and `npm run admin`: they need no right on its page or group. */
  readonly administrative?: true;
  /** Undefined for a command that cannot be sent over HTTP. */
  readonly http?: HttpRoute;
}

/** What a decision may use besides payload and state. Everything random is passed in. */
export interface Circumstances {
  readonly by: string;
  /** The log's time, RFC 3339. */
  readonly at: string;
  /** The id that a new page, alarm or group gets. */
  readonly newId: () => string;
  readonly live: LiveState;
  /** Seals free text of the actor. Only of a payload with free text. */
  readonly seal: (text: string) => Sealed;
  /** The text; null if it was erased. */
  readonly open: (text: Sealed) => string | null;
  readonly limits: CountLimits;
  /** How many entities of this kind are decided for the same owner and not in `live` yet. */
  readonly underWay: number;
}

// The functions that take a payload are methods, so that a command with a known payload type can be used as a command with an
// unknown one. In the table of commands only the command itself knows its payload's type, because it has parsed it.

/** A command on a page. `needs` is checked before `decide` is called. */
export interface PageCommand<K extends string = string, P = unknown> extends Described<K, P> {
  readonly target: 'page';
  /** Id of its page; undefined if it cannot be determined. */
  page(payload: P, live: LiveState): string | undefined;
  /** What is reported as not found if the actor may see no such page. */
  readonly missing: 'page' | 'alarm';
  readonly needs: Exclude<Right, 'none'>;
  /** Id of the group that has to exist for it, if one has. */
  needsGroup?(payload: P): string | undefined;
  /** Whether it is decided on all alarms of its page: then what is overdue on any of them is settled first. One on an alarm settles that. */
  readonly ofAllAlarms?: true;
  /** Seq of its page that its actor has seen: a node that has not read it waits until it has. */
  seen?(payload: P): number;
  decide(payload: P, page: Page, circumstances: Circumstances): PageEvent | Refusal;
}

/** Creates a page or a group. There is no state to decide on yet, and every user may. */
export interface CreatingCommand<K extends string = string, P = unknown> extends Described<K, P> {
  readonly target: 'new page' | 'new group';
  decide(payload: P, circumstances: Circumstances): PageEvent | GroupEvent | Refusal;
}

/** A command on a group, called only for actors who may see it: its members and its owner. Only over HTTP. */
export interface GroupCommand<K extends string = string, P = unknown> extends Described<K, P> {
  readonly target: 'group';
  group(payload: P): string;
  /** Ids of the users who lose the group's rights through it. `everybody`: the group's members, and those who are being added. */
  takesRightsOf?(payload: P, everybody: () => Iterable<string>): Iterable<string>;
  /** Whether the group is gone after it. */
  readonly endsGroup?: true;
  /** Id of the user who gets the group's rights through it. */
  givesRightsTo?(payload: P): string;
  decide(payload: P, group: Group, circumstances: Circumstances): GroupEvent | Refusal;
}

/** The comment of a payload, as its event holds it. */
export const sealedComment = (
  comment: string | undefined,
  { seal }: Pick<Circumstances, 'seal'>,
): { readonly comment?: Sealed } => (comment === undefined ? {} : { comment: seal(comment) });

/** The note of a payload, as its event holds it. */
export const sealedNote = (
  note: string | null | undefined,
  { seal }: Pick<Circumstances, 'seal'>,
): { readonly note?: Sealed | null } => (note === undefined ? {} : { note: note === null ? null : seal(note) });

export type Command = PageCommand | CreatingCommand | GroupCommand;

export const pageCommand = <K extends string, P>(
  kind: K,
  rest: Omit<PageCommand<K, P>, 'kind' | 'target'>,
): PageCommand<K> => ({ kind, target: 'page', ...rest });

export const creatingCommand = <K extends string, P>(
  kind: K,
  rest: Omit<CreatingCommand<K, P>, 'kind'>,
): CreatingCommand<K> => ({ kind, ...rest });

export const groupCommand = <K extends string, P>(
  kind: K,
  rest: Omit<GroupCommand<K, P>, 'kind' | 'target'>,
): GroupCommand<K> => ({ kind, target: 'group', ...rest });
