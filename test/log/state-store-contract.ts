/** What both adapters for operational state promise. */
import { randomUUID } from 'node:crypto';
import type { Test } from 'tap';
import { NO_STATE, type StateStore } from '../../src/log/state-store.js';

/** `open`: another view of the same store, as another node has it. */
export function stateStoreContract(t: Test, open: (t: Test) => Promise<StateStore>): void {
  t.test('SUB-1 a state is what was last written, and a write names the fence of what it replaces', async (t) => {
    const store = await open(t);
    const id = randomUUID();
    t.equal(await store.readState(id), undefined);
    t.equal(await store.writeState(id, { a: 0 }, 0), 'conflict', 'there is none yet');
    const first = await store.writeState(id, { a: 1 }, NO_STATE);
    if (typeof first === 'string') return t.fail(first);
    t.same(await store.readState(id), { value: { a: 1 }, fence: first.fence });
    t.equal(await store.writeState(id, { a: 2 }, NO_STATE), 'conflict');
    const second = await store.writeState(id, { a: [null, 'é'] }, first.fence);
    if (typeof second === 'string') return t.fail(second);
    t.equal(await store.writeState(id, { a: 3 }, first.fence), 'conflict', 'somebody was first');
    t.same(await store.readState(id), { value: { a: [null, 'é'] }, fence: second.fence });
  });

  t.test('SUB-1 of writers at the same time one is first', async (t) => {
    const store = await open(t);
    const id = randomUUID();
    const outcomes = await Promise.all([1, 2, 3].map((a) => store.writeState(id, { a }, NO_STATE)));
    t.equal(outcomes.filter((outcome) => outcome !== 'conflict').length, 1);
    t.equal((await store.readState(randomUUID()))?.value, undefined, 'others are left alone');
  });
}
