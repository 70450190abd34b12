/** Which refused reads are recorded (CommandDenied), and by which rule of docs/spec.md they were refused. */
import type { Identity } from './authentication.js';
import type { HttpRequest, Reply } from './endpoint.js';

/** A read that a signed-in user was refused. `about`: the parameters of its path. */
export interface DeniedRead {
  readonly userId: string;
  /** The operation's id in the API document. */
  readonly what: string;
  readonly about: Readonly<Record<string, string>>;
  readonly code: 'permission_denied' | 'not_found';
  readonly rule: string;
  readonly token?: string | undefined;
}

export type OnDeniedRead = (denied: DeniedRead) => void;

const codes: Readonly<Record<number, DeniedRead['code']>> = { 403: 'permission_denied', 404: 'not_found' };

/** Rules of operations that have one of their own. */
const rules: Readonly<Record<string, string>> = {
  list_page_viewers: 'PERM-12',
  get_group: 'PERM-9',
  list_page_shares: 'PERM-4',
};

/** Tells of the reply if it refuses a read for want of a right. */
export function noteDenied(
  onDenied: OnDeniedRead | undefined,
  what: string,
  { params }: HttpRequest,
  { userId, program }: Identity,
  { status }: Reply,
): void {
  const code = codes[status];
  if (!onDenied || code === undefined) return;
  const rule = code === 'not_found' && what !== 'get_group' ? 'PERM-7' : (rules[what] ?? 'PERM-8');
  onDenied({ userId, what, about: params, code, rule, token: program?.id });
}
