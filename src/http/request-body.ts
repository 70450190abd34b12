/** A request's body, parsed and validated; or the problem with it. */
import { z } from 'zod';
import { hasAtMost } from '../auth/bounded-text.js';
import { fieldErrors } from '../commands/payload-errors.js';
import type { HttpRequest, Reply } from './endpoint.js';
import { problem, validationFailed } from './problems.js';

export type Parsed<T> = { readonly value: T } | { readonly problem: Reply };

/** The body as a JSON object; an empty body is an empty object. */
export function jsonBody(request: HttpRequest): Parsed<Record<string, unknown>> {
  if (request.body.length === 0) return { value: {} };
  const mediaType = request.headers['content-type'].split(';')[0]!.trim().toLowerCase();
  if (mediaType !== '' && mediaType !== 'application/json' && !mediaType.endsWith('+json')) return { problem: problem('unsupported_media_type', `The body is ${mediaType}: send application/json`) };
  let value: unknown;
  try {
    value = JSON.parse(request.body.toString());
  } catch (error) {
    return { problem: problem('invalid_json', `The body is not JSON: ${(error as Error).message}`) };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { problem: validationFailed([{ field: '', message: 'the body must be a JSON object' }]) };
  return { value: value as Record<string, unknown> };
}

/** A text of 1 to `limit` characters (code points), told before it is normalised. */
export const boundedText = (limit: number) =>
  z
    .string()
    .min(1)
    .refine((text) => hasAtMost(text, limit), `must have at most ${limit} characters`)
    .meta({ maxLength: limit });

export function validate<T>(schema: z.ZodType<T>, value: unknown): Parsed<T> {
  const parsed = schema.safeParse(value);
  return parsed.success ? { value: parsed.data } : { problem: validationFailed(fieldErrors(parsed.error)) };
}
