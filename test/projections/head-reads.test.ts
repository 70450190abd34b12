/** Who asks where the log ends, and by which read he is answered. */
import t from 'tap';
import { HeadReads } from '../../src/projections/head-reads.js';

/** A log whose reads end when the test says so. */
class Reads {
  readonly under: { answer: (position: string) => void; fail: () => void }[] = [];
  readonly heads = new HeadReads({
    head: () =>
      new Promise((resolve, reject) =>
        this.under.push({ answer: resolve, fail: () => reject(new Error('no answer')) }),
      ),
  });

  /** Reads that have begun, once all that is ready has been done. */
  async begun(): Promise<number> {
    await new Promise((resolve) => setImmediate(resolve));
    return this.under.length;
  }
}

t.test(
  'DLV-12 those who ask at once share a read; who asks while it is under way is answered by the next, for it may be older than his question',
  async (t) => {
    const reads = new Reads();
    const first = Promise.all([reads.heads.head(), reads.heads.head()]);
    t.equal(await reads.begun(), 1);
    const later = Promise.all([reads.heads.head(), reads.heads.head()]);
    t.equal(await reads.begun(), 1, 'one at a time');
    reads.under[0]!.answer('7');
    t.same(await first, ['7', '7']);
    t.equal(await reads.begun(), 2);
    reads.under[1]!.answer('9');
    t.same(await later, ['9', '9']);
  },
);

t.test('DLV-12 a read that fails is told to those who share it, and the next is begun', async (t) => {
  const reads = new Reads();
  const first = reads.heads.head();
  await reads.begun();
  const later = reads.heads.head();
  reads.under[0]!.fail();
  await t.rejects(first, { message: 'no answer' });
  t.equal(await reads.begun(), 2);
  reads.under[1]!.answer('9');
  t.equal(await later, '9');
});
