/** Recognises a server's answer that a limit was reached: then the run measured the limit, and must report it. */

/** Codes with which this server refuses for a limit, and the status of a refused upgrade. */
const REFUSALS = /\b(rate_limited|limit_reached|too_many_\w+|overloaded|429)\b/;

/** What to do about it, with the limit's name where the server gave it; undefined if the answer is about no limit. */
export function limitMet(said: string): string | undefined {
  const name = /\bLIMIT_[A-Z_]+/.exec(said)?.[0];
  const code = REFUSALS.exec(said)?.[0];
  if (name === undefined && code === undefined) return undefined;
  return `a limit of the server was met (${name ?? code}): for a load test start it with LIMITS=off, or raise that limit`;
}
