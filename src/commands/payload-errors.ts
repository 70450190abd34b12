/** The errors of a payload, field by field, in sentences that a person can act on. */
import type { z } from 'zod';
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
