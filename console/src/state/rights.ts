/** Rights in words, and what taking a grant away takes from whom. Pure. */
import type { Grant, Viewer } from '@alarm-server/client';

export type Right = 'own' | 'edit' | 'view' | 'none';

export const rightWords: Readonly<Record<Right, string>> = {
  own: 'owns it',
  edit: 'may edit',
  view: 'may view',
  none: 'sees nothing of it',
};

export const rightOfGrant = ({ can_view, can_edit }: Pick<Grant, 'can_view' | 'can_edit'>): Right =>
  can_edit ? 'edit' : can_view ? 'view' : 'none';

export const viaOf = ({ subject_type, subject_id }: Pick<Grant, 'subject_type' | 'subject_id'>): string =>
  subject_type === 'user' ? 'direct' : `group:${subject_id}`;

export interface Loss {
  readonly user_id: string;
  readonly username: string;
  readonly before: Right;
  readonly after: Right;
}

const RANK: Readonly<Record<Right, number>> = { none: 0, view: 1, edit: 2, own: 3 };

/** Whose right changes, and to what, if `grant` becomes `right`: others may keep theirs by another path. */
export function lossesOf(grant: Grant, right: Right, viewers: readonly Viewer[], grants: readonly Grant[]): Loss[] {
  const via = viaOf(grant);
  const concerns = ({ user_id, paths }: Viewer): boolean =>
    grant.subject_type === 'user' ? user_id === grant.subject_id : paths.some((path) => path.via === via);
  return viewers.filter(concerns).flatMap(({ user_id, username, right: before, paths }) => {
    const after = paths.reduce<Right>((best, path) => {
      const one = path.via === via ? right : rightBy(path.via, user_id, grants);
      return RANK[one] > RANK[best] ? one : best;
    }, 'none');
    return after === before ? [] : [{ user_id, username, before, after }];
  });
}

function rightBy(via: string, userId: string, grants: readonly Grant[]): Right {
  if (via === 'owner') return 'own';
  const found = grants.find((grant) => viaOf(grant) === via && (via !== 'direct' || grant.subject_id === userId));
  return found ? rightOfGrant(found) : 'none';
}
