/** The members of a group after each event. */
import t from 'tap';
import { draftOfGroup, evolveGroup, newGroup } from '../../src/domain/group.js';

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

t.test(
  'PERM-14 PERM-15 a group is renamed, transferred with or without what is left to the former owner, and deleted',
  async (t) => {
    const group = newGroup('desk', 'Desk Euro', 'olga', 'long ago');
    t.same([group.deleted, group.revision], [false, 0]);
    evolveGroup(group, { type: 'GroupCreated', data: { name: 'Desk Euro', owner_id: 'olga' } }, 'now');
    evolveGroup(group, { type: 'GroupRenamed', data: { name: 'Desk Dollar' } }, 'now');
    t.equal(group.name, 'Desk Dollar');
    evolveGroup(group, { type: 'GroupTransferred', data: { owner_id: 'vera', keep: true } }, 'now');
    t.equal(group.owner_id, 'vera');
    t.same(
      [...group.members],
      [
        ['olga', 'long ago'],
        ['vera', 'now'],
      ],
      'the former owner stays a member',
    );
    const draft = draftOfGroup(group);
    evolveGroup(draft, { type: 'GroupTransferred', data: { owner_id: 'olga', keep: false } }, 'later');
    t.same([draft.owner_id, ...draft.members], ['olga', ['olga', 'long ago']], 'nothing is left to the former one');
    t.same([group.owner_id, group.members.size], ['vera', 2], 'a draft changes nothing');
    evolveGroup(group, { type: 'GroupDeleted', data: {} }, 'later');
    t.ok(group.deleted);
  },
);
