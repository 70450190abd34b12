/** Concurrent reads of the end of the log, and which read answers which caller. */
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
  'DLV-12 concurrent callers share a read; a caller that comes during a read is answered by the next, because that read may have started before the call',
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

t.test('DLV-12 a failed read is reported to those who share it, and the next is begun', async (t) => {
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
