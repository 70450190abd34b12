/**
 * What SQLite does alone on this disk, with rows as large as an event: batches as the log commits them under load, and an open loop whose due
 * rows are committed together. WAL, synchronous=FULL, the WAL copied into the file as the log does it.
 */
import { withDurableRows } from './durable-rows.js';
import { type Tail, tailOf } from './tail.js';

/** Rows a second, committed in batches of `batch` rows, one after another. */
export const sqliteRowsPerSecond = (folder: string, batch: number, seconds: number): number =>
  withDurableRows(folder, (commit) => {
    let rows = 0;
    let beganAt = 0;
    // The first second makes the WAL grow to the size it is then used at.
    const warmAt = performance.now() + Math.min(1, seconds) * 1_000;
    for (let now = performance.now(); beganAt === 0 || now - beganAt < seconds * 1_000; now = performance.now()) {
      if (beganAt === 0 && now >= warmAt) {
        beganAt = now;
        rows = 0;
      }
      commit(batch);
      rows += batch;
    }
    return rows / ((performance.now() - beganAt) / 1_000);
  });

/** `rate` rows a second: those that are due are committed together. */
export const sqliteTail = (folder: string, rate: number, seconds: number): Tail =>
  withDurableRows(folder, (commit) => {
    const latencies = new Float64Array(Math.floor(rate * seconds));
    const pause = new Int32Array(new SharedArrayBuffer(4));
    const beganAt = performance.now();
    for (let done = 0; done < latencies.length; ) {
      const due = Math.min(latencies.length, Math.floor(((performance.now() - beganAt) / 1_000) * rate));
      if (due === done) {
        Atomics.wait(pause, 0, 0, 0.1);
        continue;
      }
      commit(due - done);
      const now = performance.now();
      for (; done < due; done += 1) latencies[done] = now - beganAt - (1_000 * (done + 1)) / rate;
    }
    return tailOf(latencies);
  });
