/** What an event that changed accesses meant: who gained or lost which right on which page by it. */
import type { Right } from '../domain/authorization.js';
import type { Position } from '../log/event-log.js';
import { AccessAt, type AccessPath, idIn, rightOf } from './access-at.js';
import { before } from './moment-position.js';
import { ACCOUNT, grantOn, membership, ownership, userSubject } from './read-model/access-changes.js';
import type { AccessChange, AccessLog } from './read-model/access-log.js';

/** A user's right on a page, before an event and after it. */
export interface AccessEffect {
  readonly user_id: string;
  readonly page_id: string;
  readonly before: Right;
  readonly after: Right;
}

/**
 * One page or user after another: what the changes, all of one event, did to rights. `undefined` after each, so that a long one can be done in
 * slices.
 */
export function* effectsOf(
  log: AccessLog,
  position: Position,
  changes: readonly AccessChange[],
): Generator<AccessEffect | undefined> {
  const [was, is] = [new AccessAt(log, before(position)), new AccessAt(log, position)];
  const told = new Set<string>();
  function* differences(
    pairs: ReadonlyMap<string, readonly [user: string, page: string]>,
    earlier: ReadonlyMap<string, readonly AccessPath[]>,
    later: ReadonlyMap<string, readonly AccessPath[]>,
  ): Generator<AccessEffect> {
    for (const [key, [user_id, page_id]] of pairs) {
      const effect = {
        user_id,
        page_id,
        before: effective(was, user_id, earlier.get(key)),
        after: effective(is, user_id, later.get(key)),
      };
      if (effect.before === effect.after || told.has(`${user_id} ${page_id}`)) continue;
      told.add(`${user_id} ${page_id}`);
      yield effect;
    }
  }
  for (const page of pagesIn(changes)) {
    const [earlier, later] = [was.ofPage(page), is.ofPage(page)];
    yield* differences(
      pairsOf([earlier, later], (user) => [user, page]),
      earlier,
      later,
    );
    yield undefined;
  }
  for (const user of usersIn(changes)) {
    const [earlier, later] = [was.ofUser(user), is.ofUser(user)];
    yield* differences(
      pairsOf([earlier, later], (page) => [user, page]),
      earlier,
      later,
    );
    yield undefined;
  }
}

/** Pages whose owner or grants changed. */
function pagesIn(changes: readonly AccessChange[]): Set<string> {
  const ofPages = changes.filter(({ target }) => [ownership(idIn(target)), grantOn(idIn(target))].includes(target));
  return new Set(ofPages.map(({ target }) => idIn(target)));
}

/** Users whose memberships, or whose account, changed. */
function usersIn(changes: readonly AccessChange[]): Set<string> {
  const ofUsers = changes.filter(
    ({ subject, target }) =>
      subject === userSubject(idIn(subject)) && (target === ACCOUNT || target === membership(idIn(target))),
  );
  return new Set(ofUsers.map(({ subject }) => idIn(subject)));
}

const pairsOf = (
  sides: readonly ReadonlyMap<string, unknown>[],
  pair: (key: string) => readonly [user: string, page: string],
): Map<string, readonly [user: string, page: string]> =>
  new Map(sides.flatMap((side) => Array.from(side.keys(), (key) => [key, pair(key)] as const)));

/** The rights of a deactivated account are kept, and none of them counts. */
const effective = (access: AccessAt, userId: string, paths: readonly AccessPath[] = []): Right =>
  paths.length > 0 && access.isActive(userId) ? rightOf(paths) : 'none';
