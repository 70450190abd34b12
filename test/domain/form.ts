/** The form of a schema: all of it that is a promise, as a hash. */
import { createHash } from 'node:crypto';
import { z } from 'zod';

/** The JSON Schema without what only describes: words may change. */
function formOf(schema: z.ZodType, io: 'input' | 'output'): unknown {
  return z.toJSONSchema(schema, {
    io,
    override: ({ jsonSchema }) => {
      for (const word of ['description', 'example', 'examples', 'title'] as const) delete jsonSchema[word];
    },
  });
}

/** Independent of the order of keys. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, canonical(inner)]),
  );
}

export const hashOf = (schema: z.ZodType, io: 'input' | 'output'): string =>
  createHash('sha256')
    .update(JSON.stringify(canonical(formOf(schema, io))))
    .digest('hex')
    .slice(0, 16);
