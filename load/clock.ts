/**
 * The machine's monotonic clock in µs. All processes of one machine read the same one, so a time taken where a trigger is
 * sent can be compared where its update arrives.
 */

/** hrtime's zero is the machine's, performance.now's the process's; the latter is read without allocating. */
const offsetUs = Number(process.hrtime.bigint()) / 1_000 - performance.now() * 1_000;

/** µs, with a fraction. */
export const nowUs = (): number => offsetUs + performance.now() * 1_000;
