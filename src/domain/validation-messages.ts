/**
 * Messages for values that a schema rejects, where the schema has none of its own: what is wrong and what would be right. Importing
 * this file replaces zod's messages in the whole process: for bodies, messages, queries and the environment.
 */
import { z } from 'zod';

const kinds: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'an array',
  null: 'null',
  undefined: 'left out',
};
const kind = (name: string): string => kinds[name] ?? `of type ${name}`;

function kindOf(input: unknown): string {
  if (input === null) return 'null';
  if (Array.isArray(input)) return 'an array';
  if (typeof input === 'number' && !Number.isFinite(input)) return 'an infinite number';
  return kind(typeof input);
}

type Bound = {
  readonly origin: string;
  readonly inclusive?: boolean | undefined;
  readonly exact?: boolean | undefined;
};

/** `word`: at least or at most; `strict`: more than or less than. */
function bound(
  { origin, inclusive, exact }: Bound,
  limit: number | bigint | undefined,
  word: string,
  strict: string,
): string {
  const how = exact ? 'exactly' : inclusive === false ? strict : word;
  const units: Readonly<Record<string, string>> = {
    string: 'character',
    array: 'item',
    set: 'item',
    map: 'entry',
    object: 'field',
    record: 'field',
  };
  const unit = units[origin];
  return unit === undefined
    ? `must be ${how} ${limit}`
    : `must have ${how} ${limit} ${Number(limit) === 1 ? unit : unit === 'entry' ? 'entries' : `${unit}s`}`;
}

const quoted = (values: readonly unknown[]): string => values.map((value) => JSON.stringify(value)).join(', ');

/** Continues the name of the field: 'must have …', 'is missing …'. It does not repeat the value, which may be a secret. */
function messageOf(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return `is missing: give ${kind(issue.expected)}`;
      return issue.expected === 'int' && typeof issue.input === 'number'
        ? 'must be a whole number'
        : `must be ${kind(issue.expected)}, not ${kindOf(issue.input)}`;
    case 'invalid_value':
      if (issue.input === undefined)
        return `is missing: give ${issue.values.length === 1 ? '' : 'one of '}${quoted(issue.values)}`;
      return `must be ${issue.values.length === 1 ? '' : 'one of '}${quoted(issue.values)}`;
    case 'too_small':
      return issue.origin === 'string' && Number(issue.minimum) === 1
        ? 'must not be empty'
        : bound(issue, issue.minimum, 'at least', 'more than');
    case 'too_big':
      return bound(issue, issue.maximum, 'at most', 'less than');
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'unrecognized_keys':
      return `has unknown fields: ${quoted(issue.keys)}`;
    case 'invalid_format':
      return 'has characters or a format that are not allowed';
    case 'invalid_key':
      return 'has a field name that is not allowed';
    case 'invalid_union':
      return 'matches none of the allowed forms';
    default:
      return 'is not valid';
  }
}

z.config({ customError: messageOf });
