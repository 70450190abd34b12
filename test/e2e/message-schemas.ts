/** Holds a message of the server against the schema of its type. The builders write text by hand: this is what keeps them to it. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { downMessages } from '../../src/protocol/down-messages.js';

const schemaOf = new Map<string, z.ZodType>(downMessages.map((schema) => [schema.shape.type.value, schema]));

/** What is wrong with it, or undefined if it has every field of its schema, of the right type, and no other. */
export function misfitOf(message: { readonly type: string }): string | undefined {
  const schema = schemaOf.get(message.type);
  if (!schema) return `there is no message of the type ${message.type}`;
  const parsed = schema.safeParse(message);
  if (!parsed.success) return z.prettifyError(parsed.error);
  return isDeepStrictEqual(parsed.data, message)
    ? undefined
    : `it has fields that its schema does not name: ${JSON.stringify(message)}`;
}
