/** Parses and validates a request's body. */
import { z } from 'zod';
import { hasAtMost } from '../auth/bounded-text.js';
import { fieldErrors } from '../commands/payload-errors.js';
import { formFields, repeatedName } from '../net/percent-encoding.js';
import { textOf } from '../net/utf8.js';
import type { HttpRequest, Reply } from './endpoint.js';
import { parseJson } from './json-text.js';
import { problem, validationFailed } from './problems.js';

export type Parsed<T> = { readonly value: T } | { readonly problem: Reply };

/** The body as a JSON object; an empty body is an empty object. */
export function jsonBody(request: HttpRequest): Parsed<Record<string, unknown>> {
  if (request.body.length === 0) return { value: {} };
  const mediaType = request.headers['content-type'].split(';')[0]!.trim().toLowerCase();
  if (mediaType !== '' && mediaType !== 'application/json' && !mediaType.endsWith('+json'))
    return { problem: problem('unsupported_media_type', `The body is ${mediaType}: send application/json`) };
  const parsed = parseJson(request.body);
  if ('wrong' in parsed) return { problem: problem('invalid_json', parsed.wrong) };
  const { value } = parsed;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { problem: validationFailed([{ field: '', message: 'the body must be a JSON object' }]) };
  return { value: value as Record<string, unknown> };
}

/** The body as a form (application/x-www-form-urlencoded). */
export function formBody(request: HttpRequest): Parsed<Record<string, unknown>> {
  const text = textOf(request.body);
  const fields = text === undefined ? undefined : formFields(text);
  if (!fields)
    return {
      problem: problem(
        'invalid_request',
        'The form contains bytes that are not UTF-8: percent-encode its UTF-8 bytes (é is %C3%A9)',
      ),
    };
  const repeated = repeatedName(fields);
  if (repeated !== undefined)
    return {
      problem: problem(
        'invalid_request',
        `The form contains the field ${JSON.stringify(repeated.slice(0, 64))} twice: send it once`,
      ),
    };
  return { value: Object.fromEntries(fields) };
}

/** A text of 1 to `limit` characters (code points), checked before it is normalized. A lone surrogate has no UTF-8 form: as bytes it would be U+FFFD, and equal to other text. */
export const boundedText = (limit: number, example: string) =>
  z
    .string()
    .min(1)
    .regex(/^\P{Cs}*$/u, 'must be valid Unicode text: it contains half of a surrogate pair')
    .refine((text) => hasAtMost(text, limit), `must have at most ${limit} characters`)
    .meta({ maxLength: limit, example });

export function validate<T>(schema: z.ZodType<T>, value: unknown): Parsed<T> {
  const parsed = schema.safeParse(value);
  return parsed.success ? { value: parsed.data } : { problem: validationFailed(fieldErrors(parsed.error)) };
}
