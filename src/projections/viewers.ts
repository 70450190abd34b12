/** Who may see a page and through which paths, and which users know each other: those who share a page or a group. */
import { z } from 'zod';
import { roleIn } from '../domain/authorization.js';
import { GroupName, Moment, UserId } from '../domain/fields.js';
import type { LivePage } from '../domain/page.js';
import type { LiveState } from './live-state.js';

const Path = z.object({
  via: z.string().meta({ description: '`owner`, `direct`, or `group:<id>`', example: 'direct' }),
  group_name: GroupName.optional().meta({
    description:
      "The group's name, for a group path. The owner of a page shared with the group may know it without being a member.",
  }),
  member_since: Moment.optional().meta({ description: 'When the user joined the group, for a group path.' }),
});

export const ViewerView = z
  .object({
    user_id: UserId,
    username: z.string().meta({ example: 'john' }),
    right: z.enum(['own', 'edit', 'view']),
    paths: z.array(Path),
  })
  .meta({ id: 'Viewer' });
type ViewerView = z.infer<typeof ViewerView>;
type Path = z.infer<typeof Path>;

/** Everybody who has a right on the page, with every path, not only the best: the owner first, then the others by name. */
export function viewersOf(page: LivePage, live: LiveState): ViewerView[] {
  const paths = new Map<string, Path[]>([[page.owner_id, [{ via: 'owner' }]]]);
  const add = (userId: string, path: Path): void => {
    const others = paths.get(userId);
    if (others) others.push(path);
    else paths.set(userId, [path]);
  };
  for (const userId of page.grants.user.keys()) add(userId, { via: 'direct' });
  for (const groupId of page.grants.group.keys()) {
    const group = live.groups.get(groupId);
    for (const [userId, member_since] of group?.members ?? [])
      add(userId, { via: `group:${groupId}`, group_name: group!.name, member_since });
  }
  const viewers = Array.from(paths, ([user_id, ways]) => ({
    user_id,
    username: live.usernameOf(user_id),
    right: live.heldOn(page, user_id).right as ViewerView['right'],
    paths: ways,
  }));
  return [
    ...viewers.slice(0, 1),
    ...viewers
      .slice(1)
      .sort((a, b) => (a.username < b.username ? -1 : a.username > b.username ? 1 : a.user_id < b.user_id ? -1 : 1)),
  ];
}

/** Whether the users are the same, share a group (or own it), or may see the same page. */
export function knows(live: LiveState, userId: string, otherId: string): boolean {
  if (userId === otherId) return true;
  const isOf = (groupId: string, one: string): boolean => {
    const group = live.groups.get(groupId);
    return group !== undefined && roleIn(group, one) !== undefined;
  };
  for (const own of [live.groupsOf(userId), live.groupsOwnedBy(userId)])
    for (const group of own) if (isOf(group, otherId)) return true;
  const [fewer, other] = [live.pageIdsVisibleTo(userId), live.pageIdsVisibleTo(otherId)].sort(
    (a, b) => a.size - b.size,
  ) as [Set<string>, Set<string>];
  for (const page of fewer) if (other.has(page)) return true;
  return false;
}
