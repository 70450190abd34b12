import t from 'tap';
import { lookAlikeKey } from '../../src/domain/look-alikes.js';

t.test('AUTH-24 names that look alike are drawn alike, others are not', async (t) => {
  for (const [one, ...others] of [
    ['paul', 'раul', 'pаul', 'pauI', 'pau1', 'ρaul'],
    ['bob', 'b0b', 'bоb', 'bοb'],
    ['arne', 'ame'],
    ['ОЛЬГА', 'OЛЬГA'],
    ['xeno', 'хеnо'],
  ] as const)
    for (const other of others) t.equal(lookAlikeKey(other), lookAlikeKey(one), `${other} looks like ${one}`);
  const different = ['paul', 'saul', 'pàul', 'ольга', 'olga', 'anna', 'hanna', '李', '🦊'];
  t.equal(new Set(different.map(lookAlikeKey)).size, different.length);
});
