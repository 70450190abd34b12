/** What is found in a bundle while it is verified: what speaks against it, and what keeps it from proving. */
export class Findings {
  readonly faults: string[] = [];
  readonly unproved: string[] = [];
  index: number | undefined;
  /** Events with free text. */
  sealed = 0;
  /** Files of the folder that are no part of a bundle. */
  strange: readonly string[] = [];
}
