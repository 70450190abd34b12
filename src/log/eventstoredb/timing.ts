/** How long the store may take for what. */
/** In milliseconds. */
export const TIMING = {
  /** For the answer to one attempt of an append. */
  attemptMs: 3_000,
  /** From the first failed attempt on, before the append counts as UNKNOWN and those who wait for it are told. */
  failingMs: 1_500,
  /** The same without any answer: a healthy server was seen to pause for 3 s. */
  silentMs: 5_000,
  /** For a read. */
  readMs: 5_000,
  /** For what was appended to come out of the feed, before that is begun again. */
  feedMs: 5_000,
};

export type Timing = Readonly<typeof TIMING>;
