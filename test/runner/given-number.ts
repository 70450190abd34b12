/** Numbers that whoever runs a test or a proof gives: how many runs, which seed. A wrong one must not be a proof of nothing. */

/** `name`: of the option or the variable, for the error. `given`: undefined or empty: `otherwise`. Throws if it is not a whole number of `least` or more. */
export function wholeNumber(name: string, given: string | undefined, otherwise: number, least = 1): number {
  const value = Number(given || otherwise);
  if (!Number.isInteger(value) || value < least || value > 4_294_967_295)
    throw new Error(`${name} must be a whole number of ${least} or more, not '${given}'`);
  return value;
}

/** Of the environment. */
export const givenNumber = (name: string, otherwise: number, least = 1): number =>
  wholeNumber(name, process.env[name], otherwise, least);
