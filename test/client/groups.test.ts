/** Groups by the client's functions, against a real server: what they send and give, and how they reject. */
import {
  addGroupMember,
  createGroup,
  deleteGroup,
  type Group,
  listGroups,
  removeGroupMember,
  renameGroup,
  transferGroup,
} from '@alarm-server/client';
import t from 'tap';
import type { z } from 'zod';
import type { GroupView } from '../../src/protocol/views.js';
import { startServer } from '../e2e/test-server.js';

/** Compiles where the client's type is that of the server's schema. */
const isGroup = (group: z.infer<typeof GroupView>): Group => group;

t.test('CLI-11 PERM-14 a group is created, joined, renamed, transferred and deleted', async (t) => {
  const server = await startServer(t);
  const { url } = server;
  const [john, mary] = [await server.person('john'), await server.person('mary')];
  const first = await createGroup(url, john.token, { name: 'Desk' }, { idempotencyKey: 'once' });
  t.same(await createGroup(url, john.token, { name: 'Desk' }, { idempotencyKey: 'once' }), first);
  const { id: group_id } = isGroup(first as z.infer<typeof GroupView>);
  const member = { group_id, user_id: mary.id };
  t.same(await addGroupMember(url, john.token, member), { ...member, username: 'mary' });
  t.match(await renameGroup(url, john.token, { group_id, name: 'Büro' }), { id: group_id, name: 'Büro' });
  await t.rejects(renameGroup(url, mary.token, { group_id, name: 'Mine' }), { status: 403, code: 'permission_denied' });
  t.match(await transferGroup(url, john.token, { group_id, to: mary.id }), { owner_id: mary.id });
  await t.rejects(transferGroup(url, mary.token, { group_id, to: mary.id }), { status: 409, code: 'nothing_to_do' });
  t.match(await listGroups(url, john.token), [{ id: group_id, members: [{ id: john.id }, { id: mary.id }] }]);
  t.equal(await removeGroupMember(url, john.token, { group_id, user_id: john.id }), undefined, 'they leave');
  t.same(await listGroups(url, john.token), []);
  await t.rejects(deleteGroup(url, john.token, { group_id: '../pages' }), { status: 404, code: 'not_found' });
  t.equal(await deleteGroup(url, mary.token, { group_id }), undefined);
  await t.rejects(deleteGroup(url, mary.token, { group_id }), { status: 404, code: 'not_found' });
});
