import t from 'tap';
import { bytesOf, type DiskSpace, WriteQuota } from '../../src/commands/handling/write-quota.js';

const DAY_MS = 86_400_000;
const GIB = 1024 ** 3;

t.test('LIM-23 a user has a rate of bytes, ten seconds of it at once', async (t) => {
  let now = 0;
  const quota = new WriteQuota(
    { writtenBytesPerSecond: 1_000, writtenMegabytesPerDay: Infinity },
    undefined,
    () => now,
  );
  for (let at = 0; at < 10; at += 1) {
    t.equal(quota.refusal('olga'), undefined);
    quota.spend('olga', 1_000);
  }
  quota.spend('olga', 1);
  t.match(quota.refusal('olga'), {
    code: 'rate_limited',
    message: /LIMIT_WRITTEN_BYTES_PER_SECOND/,
    details: { retry_after_ms: 1 },
  });
  t.equal(quota.refusal('vera'), undefined, "another user's is their own");
  now += 1;
  t.equal(quota.refusal('olga'), undefined);
});

t.test('LIM-23 a user has a quota of a day, which comes back evenly', async (t) => {
  let now = 0;
  const quota = new WriteQuota({ writtenBytesPerSecond: Infinity, writtenMegabytesPerDay: 10 }, undefined, () => now);
  quota.spend('olga', 10_000_000);
  t.equal(quota.refusal('olga'), undefined);
  quota.spend('olga', 1_000_000);
  t.match(quota.refusal('olga'), {
    code: 'rate_limited',
    message: /LIMIT_WRITTEN_MEGABYTES_PER_DAY/,
    details: { retry_after_ms: DAY_MS / 10 },
  });
  now += DAY_MS / 10;
  t.equal(quota.refusal('olga'), undefined);
  // All day as fast as they can: the day's quota, and one burst of it.
  let bytes = 11_000_000;
  for (const end = now + DAY_MS; now < end; now += 1_000)
    for (; !quota.refusal('olga'); bytes += 10_000) quota.spend('olga', 10_000);
  t.ok(bytes <= 21_100_000, `${bytes} bytes in 26.4 hours`);
});

t.test('LIM-23 near the end of the disk the heaviest writers are refused first', async (t) => {
  let now = 0;
  let disk: DiskSpace = { free: 50 * GIB, total: 100 * GIB };
  const quota = new WriteQuota(
    { writtenBytesPerSecond: 1e12, writtenMegabytesPerDay: Infinity },
    () => disk,
    () => now,
  );
  for (const [user, megabytes] of [
    ['heavy', 1_000],
    ['middle', 400],
    ['light', 0.5],
  ] as const)
    quota.spend(user, megabytes * 1_000_000);
  const served = (free: number): string[] => {
    disk = { ...disk, free };
    now += 1_000;
    return ['heavy', 'middle', 'light', 'new'].filter((user) => !quota.refusal(user));
  };
  t.same(served(1 * GIB), ['heavy', 'middle', 'light', 'new'], 'all while there is room');
  t.same(served(0.9 * GIB), ['middle', 'light', 'new']);
  t.match(quota.refusal('heavy'), {
    code: 'store_full',
    message: /you are among the users who have written most to it/,
    details: { retry_after_ms: 60_000 },
  });
  t.same(served(0.3 * GIB), ['light', 'new']);
  t.same(served(0), ['light', 'new'], 'the log itself says when there is none');
  t.same(served(2 * GIB), ['heavy', 'middle', 'light', 'new'], 'and all again when there is room');
  disk = { free: 6_000_000, total: 100_000_000 };
  now += 1_000;
  t.equal(quota.refusal('heavy'), undefined, 'of a small disk 5 % are kept');
  disk = { ...disk, free: 4_000_000 };
  now += 1_000;
  t.ok(quota.refusal('heavy'));
  disk = { ...disk, free: 6_000_000 };
  now += 20;
  t.equal(quota.refusal('heavy'), undefined, 'a refused user goes on as soon as there is room');
});

t.test('LIM-23 an event is estimated by its texts', async (t) => {
  t.equal(bytesOf({ type: 'AlarmTriggered', data: { alarm_id: 'x'.repeat(36), price: 1 } }), 908);
  t.equal(bytesOf({ type: 'PageDeleted', data: {} }), 800);
});

t.test('LIM-5 without limits nobody is refused, on a disk that is nearly full neither', async (t) => {
  const quota = new WriteQuota({ writtenBytesPerSecond: Infinity, writtenMegabytesPerDay: Infinity }, () => ({
    free: 1,
    total: 100 * GIB,
  }));
  for (let at = 0; at < 1_000; at += 1) quota.spend('olga', 1_000_000_000);
  t.equal(quota.refusal('olga'), undefined);
});
