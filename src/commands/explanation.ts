/** Whether a user could do something on a page as of a moment, by which rule, and why: the rules of then. */
import { includes, type Right } from '../domain/authorization.js';
import type { Position } from '../log/event-log.js';
import { AccessAt, type AccessPath, rightOf } from '../projections/access-at.js';
import type { PagesAt } from '../projections/page-at.js';
import type { AccessLog } from '../projections/read-model/access-log.js';
import { commands } from './commands.js';
import { DEACTIVATED_RULE, ruleOfLack, ruleOfRight, UNSEEN_RULE } from './rules.js';

/** What can be asked about: seeing a page, and each command on a page or an alarm. */
export const explainedActions: readonly string[] = [
  'view',
  ...commands.flatMap(({ kind, target }) => (target === 'page' ? [kind] : [])),
];

/** What would have been needed. */
export interface Missing {
  readonly missing: 'page' | 'alarm' | 'active account' | 'direct grant' | Exclude<Right, 'none'>;
}

export interface Explanation {
  readonly allowed: boolean;
  /** Of docs/spec.md. */
  readonly rule: string;
  /** The paths that gave it; or those that were not enough, and what was missing. */
  readonly because: readonly (AccessPath | Missing)[];
}

export interface Question {
  readonly userId: string;
  /** One of `explainedActions`. */
  readonly action: string;
  readonly pageId: string;
  readonly alarmId: string | undefined;
  readonly position: Position;
}

interface Then {
  readonly pagesAt: PagesAt;
  readonly accessLog: AccessLog;
}

export function explain({ pagesAt, accessLog }: Then, question: Question): Explanation {
  const { userId, action, pageId, alarmId, position } = question;
  const access = new AccessAt(accessLog, position);
  const page = pagesAt.page(pageId, position);
  if (!page || page.deleted_at !== undefined) return refusedBy(UNSEEN_RULE, [], 'page');
  const paths = access.paths(userId, pageId);
  if (!access.isActive(userId)) return refusedBy(DEACTIVATED_RULE, paths, 'active account');
  const right = rightOf(paths);
  if (right === 'none') return refusedBy(UNSEEN_RULE, [], 'view');
  const alarm = alarmId === undefined ? undefined : pagesAt.alarm(pageId, alarmId, page.seq);
  if (alarmId !== undefined && alarm === undefined) return refusedBy(UNSEEN_RULE, paths, 'alarm');
  const needed = neededFor(action, alarm, userId);
  if (!includes(right, needed)) return refusedBy(ruleOfLack(action, needed), paths, needed);
  if (action === 'leave_page') return leaving(paths);
  const rule = right === 'own' ? (action === 'transfer_page' ? 'PERM-13' : ruleOfRight.own) : ruleOfRight[needed];
  return { allowed: true, rule, because: paths.filter((path) => includes(path.right, needed)) };
}

const refusedBy = (rule: string, paths: readonly AccessPath[], missing: Missing['missing']): Explanation => ({
  allowed: false,
  rule,
  because: [...paths, { missing }],
});

/** Only a direct grant can be given back. */
function leaving(paths: readonly AccessPath[]): Explanation {
  const direct = paths.filter(({ via }) => via === 'direct');
  const isOwner = paths.some(({ via }) => via === 'owner');
  if (isOwner || direct.length === 0) return refusedBy('PERM-11', paths, 'direct grant');
  return { allowed: true, rule: 'PERM-11', because: direct };
}

/**
 * On their own acknowledgement, and on an alarm that is assigned to them, to view is enough. `alarm`: as JSON, if one was named; where none was:
 * what any alarm needs.
 */
function neededFor(action: string, alarm: string | undefined, userId: string): Exclude<Right, 'none'> {
  if (action === 'view') return 'view';
  const ofAlarm = rightsOfAlarm[action];
  if (!ofAlarm) {
    const command = commands.find(({ kind }) => kind === action);
    return command?.target === 'page' ? command.needs : 'own';
  }
  const { status } = JSON.parse(alarm ?? '{}') as { readonly status?: Status };
  return status && ofAlarm(status) === userId ? 'view' : 'edit';
}

interface Status {
  readonly assignee?: string;
  readonly ack?: { readonly by: string };
}

/** Commands whose right depends on the alarm: whose it is. Assigning is explained as assigning somebody else, or nobody. */
const rightsOfAlarm: Readonly<Record<string, (status: Status) => string | undefined>> = {
  unack_alarm: ({ ack }) => ack?.by,
  clear_alarm: ({ ack }) => ack?.by,
  assign_alarm: ({ assignee }) => assignee,
};
