/** Errors over HTTP: RFC 9457 problem details. `detail` is a sentence, which clients of the original protocol read. */
import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import type { FieldError } from '../commands/payload-errors.js';
import { errorsOf, sentenceOf } from '../commands/payload-errors.js';
import { type Refusal, type RefusalCode, refuse } from '../domain/refusals.js';
import type { Reply, WholeReply } from './endpoint.js';
import { type httpCodes, refusalStatus, statusOf } from './problem-codes.js';

export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.string().meta({ description: 'Stable code of the problem.' }),
    detail: z.string().meta({ description: 'What is wrong and what would be right, as a sentence for people.' }),
    errors: z
      .array(z.object({ field: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'The invalid fields.' }),
    details: z
      .record(z.string(), z.unknown())
      .optional()
      .meta({ description: 'Of `already_acknowledged`: `by`, `at`, `upto` and `comment` of the acknowledgement.' }),
    request_id: z.string().optional().meta({ description: "Identifies the request in the server's log." }),
  })
  .meta({ id: 'Problem' });

interface Extras {
  readonly errors?: readonly FieldError[];
  readonly retryAfterMs?: number;
  /** Of a refusal whose details are part of the answer. */
  readonly details?: Refusal['details'];
  readonly headers?: Readonly<Record<string, string>>;
}

function reply(
  status: number,
  code: string,
  detail: string,
  { errors, retryAfterMs, headers, details }: Extras = {},
): WholeReply {
  return {
    status,
    headers: {
      'Content-Type': 'application/problem+json',
      ...(status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
      ...(retryAfterMs === undefined ? {} : { 'Retry-After': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) }),
      ...headers,
    },
    body: JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status], status, code, detail, errors, details }),
  };
}

/** The same problem with the id that the log uses for its request. */
export function withRequestId(reply: Reply, id: string): Reply {
  if (typeof reply.body !== 'string' || reply.headers?.['Content-Type'] !== 'application/problem+json') return reply;
  return { ...reply, body: `${reply.body.slice(0, -1)},"request_id":"${id}"}` };
}

export const problem = (code: keyof typeof httpCodes | 'not_caught_up', detail: string, extras?: Extras): WholeReply =>
  reply(statusOf(code), code, detail, extras);

/** Codes whose details say what the sentence says, for programs: over HTTP too. */
const tellsDetails: ReadonlySet<string> = new Set<RefusalCode>(['already_acknowledged']);

export const refused = (refusal: Refusal): WholeReply => {
  const { code, message, details } = refusal;
  if (code === 'invalid_message') return validationFailed(errorsOf(refusal));
  const retryAfterMs = details?.['retry_after_ms'];
  return reply(refusalStatus[code], code, message, {
    ...(typeof retryAfterMs === 'number' ? { retryAfterMs } : {}),
    ...(tellsDetails.has(code) && details ? { details } : {}),
  });
};

export const validationFailed = (errors: readonly FieldError[]): WholeReply =>
  problem('validation_failed', sentenceOf(errors), { errors });

/** For a path that is not served, or not served to this user. */
export const nothingHere = (): WholeReply =>
  refused(refuse('not_found', 'Nothing is served at this path: GET /docs lists the API'));

/** A type of `types=` that is none of those that it may name. */
export const typeUnknown = (unknown: string, what: string, known: readonly string[]): Reply =>
  validationFailed([
    {
      field: 'types',
      message: `${JSON.stringify(unknown.slice(0, 64))} is no type of ${what}: name some of these, separated by commas: ${known.join(', ')}`,
    },
  ]);
