/** The message for a transfer of a page or a group to the user who already owns it. */
import { type Refusal, refuse } from '../domain/refusals.js';

export const ownedAlready = (what: 'page' | 'group'): Refusal =>
  refuse('nothing_to_do', `This user owns the ${what} already: name another one`);
