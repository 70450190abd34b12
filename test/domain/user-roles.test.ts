/** Who has which roles after which events. */
import t from 'tap';
import { UserRoles } from '../../src/domain/user-roles.js';

const [AT, LATER] = ['2026-01-15T10:30:00.000Z', '2026-01-15T10:31:00.000Z'];

t.test('ADM-1 roles come and go; the first grant of a role is what is said of it', async (t) => {
  const roles = new UserRoles();
  t.same([...roles.of('vera')], []);
  t.equal(roles.shown('vera'), undefined);
  roles.fold('vera', { type: 'RoleRevoked', data: { role: 'auditor' } }, { by: 'system', at: AT });
  t.equal(roles.granted.size, 0, 'a role that nobody has is taken away');
  roles.fold('vera', { type: 'RoleGranted', data: { role: 'operator' } }, { by: 'system', at: AT });
  roles.fold('vera', { type: 'RoleGranted', data: { role: 'operator' } }, { by: 'oscar', at: LATER });
  roles.fold('vera', { type: 'RoleGranted', data: { role: 'auditor' } }, { by: 'oscar', at: LATER });
  t.same([...roles.of('vera')].sort(), ['auditor', 'operator']);
  t.same(roles.shown('vera'), ['auditor', 'operator'], 'by name');
  t.same(
    [...roles.granted.get('vera')!],
    [
      ['operator', { granted_by: 'system', granted_at: AT }],
      ['auditor', { granted_by: 'oscar', granted_at: LATER }],
    ],
  );
  t.same([...roles.of('olga')], [], 'of others none');
  roles.fold('vera', { type: 'RoleRevoked', data: { role: 'operator' } }, { by: 'system', at: LATER });
  t.same(roles.shown('vera'), ['auditor']);
  roles.fold('vera', { type: 'RoleRevoked', data: { role: 'auditor' } }, { by: 'system', at: LATER });
  t.equal(roles.shown('vera'), undefined);
  t.equal(roles.granted.size, 0);
});

t.test('ADM-1 what was stored is taken as it is, and what is given out does not change', async (t) => {
  const roles = new UserRoles();
  const grant = { granted_by: 'system', granted_at: AT };
  roles.add('vera', 'auditor', grant);
  const before = roles.of('vera');
  roles.add('vera', 'operator', grant);
  t.same([...before], ['auditor']);
  t.same(roles.shown('vera'), ['auditor', 'operator']);
});
