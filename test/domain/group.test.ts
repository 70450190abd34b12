/** The members of a group after each event. */
import t from 'tap';
import { evolveGroup, newGroup } from '../../src/domain/group.js';

t.test('PERM-9 a group has its creator as the first member; members come and go', async (t) => {
  const group = newGroup('desk', 'Desk Euro', 'olga', 'long ago');
  const members = (): string[] => [...group.members.keys()];
  t.same(members(), ['olga']);
  evolveGroup(group, { type: 'GroupMemberAdded', data: { user_id: 'vera' } }, 'now');
  evolveGroup(group, { type: 'GroupMemberAdded', data: { user_id: 'vera' } }, 'later');
  t.same(members(), ['olga', 'vera'], 'added twice, in it once');
  t.same([...group.members.values()], ['long ago', 'now'], 'since the first time');
  evolveGroup(group, { type: 'GroupMemberRemoved', data: { user_id: 'olga' } }, 'now');
  evolveGroup(group, { type: 'GroupMemberRemoved', data: { user_id: 'nobody' } }, 'now');
  t.same(members(), ['vera']);
  t.equal(group.owner_id, 'olga', 'the owner still owns it after leaving');
});
