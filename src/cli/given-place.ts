/** Places in the log as command lines name them: a moment, a position or an index. */
import { givenMoment } from '../domain/given-moment.js';

export type GivenPlace =
  | { readonly kind: 'position'; readonly number: string }
  | { readonly kind: 'index'; readonly number: string }
  | { readonly kind: 'moment'; readonly ms: number };

/** Throws with a sentence that names the option if it is none of them, or a moment that does not exist. */
export function givenPlace(option: string, text: string): GivenPlace {
  const number = /^[@#](0|[1-9]\d{0,18})$/.exec(text)?.[1];
  if (number !== undefined) return text.startsWith('@') ? { kind: 'position', number } : { kind: 'index', number };
  const moment = givenMoment(text);
  if (!moment)
    throw new Error(
      `${option} must be a moment with a zone (2026-01-15T10:30:00Z), a position (@1234) or an index (#1234).`,
    );
  if ('fault' in moment) throw new Error(`${option} ${moment.fault}.`);
  return { kind: 'moment', ms: moment.ms };
}
