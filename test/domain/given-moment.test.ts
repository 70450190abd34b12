/** Moments as queries and command lines name them: those that exist, and why others do not. */
import t from 'tap';
import { givenMoment } from '../../src/domain/given-moment.js';

t.test('AUD-1 moments that exist', async (t) => {
  for (const [text, utc] of [
    ['2026-01-15T10:30:00Z', '2026-01-15T10:30:00.000Z'],
    ['2026-01-15t10:30:00.25z', '2026-01-15T10:30:00.250Z'],
    ['2026-01-15T00:30:00+01:00', '2026-01-14T23:30:00.000Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['2000-02-29T23:59:59Z', '2000-02-29T23:59:59.000Z'],
    ['0004-02-29T00:00:00Z', '0004-02-29T00:00:00.000Z'],
  ] as const)
    t.same(givenMoment(text), { ms: Date.parse(utc) }, text);
});

t.test('AUD-1 moments that do not exist: what would be right', async (t) => {
  for (const [text, fault] of [
    ['2026-02-30T00:00:00Z', /does not exist: its day must be 01 to 28/],
    ['2025-02-29T00:00:00Z', /its day must be 01 to 28/],
    ['1900-02-29T00:00:00Z', /its day must be 01 to 28/],
    ['2026-04-31T00:00:00Z', /its day must be 01 to 30/],
    ['2026-01-00T00:00:00Z', /its day must be 01 to 31/],
    ['2026-13-01T00:00:00Z', /its month must be 01 to 12/],
    ['2026-01-01T24:00:00Z', /its hour must be 00 to 23/],
    ['2026-01-01T00:60:00Z', /its minute must be 00 to 59/],
    ['2026-01-01T23:59:60Z', /its second must be 00 to 59/],
    ['2026-01-01T00:00:00+24:00', /its zone must be within 23:59/],
    ['9999-12-31T23:59:59-01:00', /must be before the year 10000/],
  ] as const)
    t.match(givenMoment(text), { fault }, text);
});

t.test('AUD-1 other forms are no moments', async (t) => {
  for (const text of [
    '',
    'yesterday',
    '2026-01-15',
    '2026-01-15T10:30:00',
    '2026-01-15T10:30Z',
    '2026-01-15 10:30:00Z',
  ])
    t.equal(givenMoment(text), undefined, text);
});
