/** Ids of states that follow from what they are for. */
import { createHash } from 'node:crypto';

/** A UUID that follows from the text. */
export function stateIdOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
