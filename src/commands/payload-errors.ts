/** The errors of a payload, field by field, in sentences that a person can act on. */
import type { z } from 'zod';
import { type Refusal, refuse } from '../domain/refusals.js';
import '../domain/validation-messages.js';

export interface FieldError {
  /** Path of the field, for example `members.0.id`; empty for the payload as a whole. */
  readonly field: string;
  readonly message: string;
}

export const fieldErrors = (error: z.ZodError): FieldError[] =>
  error.issues.map((issue) => ({ field: issue.path.join('.'), message: issue.message }));

/** All errors in one sentence. */
export const sentenceOf = (errors: readonly FieldError[]): string =>
  errors.map(({ field, message }) => (field ? `${field}: ${message}` : message)).join('; ');

/** The refusal of a payload whose field has a value that is not possible in the present state. */
export function notValid(kind: string, field: string, message: string): Refusal {
  const fields: FieldError[] = [{ field, message }];
  return refuse('invalid_message', `${kind}: ${sentenceOf(fields)}`, { fields });
}

/** The errors of a refusal that `notValid` made. */
export const errorsOf = ({ details }: Refusal): readonly FieldError[] => details?.['fields'] as readonly FieldError[];
