/** What is wrong with a payload, field by field, in words a person can act on. */
import type { z } from 'zod';
import '../domain/validation-messages.js';

export interface FieldError {
  /** Path of the field, `members.0.id` say; empty for the payload as a whole. */
  readonly field: string;
  readonly message: string;
}

export const fieldErrors = (error: z.ZodError): FieldError[] =>
  error.issues.map((issue) => ({ field: issue.path.join('.'), message: issue.message }));

/** One sentence of all of them. */
export const sentenceOf = (errors: readonly FieldError[]): string =>
  errors.map(({ field, message }) => (field ? `${field}: ${message}` : message)).join('; ');
