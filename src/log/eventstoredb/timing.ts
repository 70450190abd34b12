/** Time limits for calls to the store. */
/** In milliseconds. */
export const TIMING = {
  /** For the response to one attempt of an append. */
  attemptMs: 3_000,
  /** From the first failed attempt until the append counts as UNKNOWN and its commands are answered with that. */
  failingMs: 1_500,
  /** The same if there is no response at all: a healthy server was seen to pause for 3 s. */
  silentMs: 5_000,
  /** For a read. */
  readMs: 5_000,
  /** For an appended event to be delivered by the subscription, before that is started again. */
  deliveryMs: 5_000,
};

export type Timing = Readonly<typeof TIMING>;
