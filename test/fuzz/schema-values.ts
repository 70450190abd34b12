/** Valid values from a JSON schema: the grammar of every message and request is the one that the server itself publishes. */
import type { Random } from '../crash/random.js';
import type { World } from './world.js';

export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly format?: string;
  readonly example?: unknown;
  readonly examples?: readonly unknown[];
}

const NAMES = ['EUR/USD', 'L’été 📈', '"quoted" \\', 'x', 'Alarmes', 'e\u0301', '١٢٣', '{}', 'above'] as const;

/** Optional fields are there half of the time. `name` is that of the field; `resolve` follows a $ref. */
export function valueOf(
  schema: JsonSchema,
  name: string,
  random: Random,
  world: World,
  resolve: (ref: string) => JsonSchema = noRefs,
): unknown {
  const value = (inner: JsonSchema, field: string): unknown => valueOf(inner, field, random, world, resolve);
  if (schema.$ref !== undefined) return value(resolve(schema.$ref), name);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return random.among(schema.enum);
  const choice = random.among(schema.anyOf ?? schema.oneOf ?? []);
  if (choice) return value(choice, name);
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => value(part, name)));
  switch (Array.isArray(schema.type) ? random.among(schema.type as string[]) : schema.type) {
    case 'object':
      return object(schema, random, world, value);
    case 'array':
      return Array.from({ length: random.between(0, 3) }, () => value(schema.items ?? {}, name));
    case 'integer':
      return random.between(Math.max(schema.minimum ?? 0, -1), Math.min(schema.maximum ?? 40, 40));
    case 'number':
      return random.among([1.085, 0, -3.5, 1e-9, 123456.789]);
    case 'boolean':
      return random.chance(0.5);
    case 'null':
      return null;
    case 'string':
      return string(schema, name, random, world);
    default:
      return random.among(NAMES);
  }
}

function object(
  schema: JsonSchema,
  random: Random,
  world: World,
  value: (inner: JsonSchema, field: string) => unknown,
): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  for (const [field, inner] of Object.entries(schema.properties ?? {})) {
    if (schema.required?.includes(field) || random.chance(0.5)) made[field] = value(inner, field);
  }
  if (typeof schema.additionalProperties === 'object' && !schema.properties) {
    // A map from ids, as a resume has it.
    for (let n = random.between(0, 5); n > 0; n--)
      made[random.among(world.pages) ?? random.uuid()] = value(schema.additionalProperties, 'seq');
  }
  return made;
}

function string(
  { format, minLength = 0, maxLength = 200 }: JsonSchema,
  name: string,
  random: Random,
  world: World,
): string {
  if (name === 'subject_id') return random.among([...world.users, ...world.groups]) ?? '';
  if (name in POOLS) return random.among(POOLS[name]!(world)) ?? random.uuid();
  if (format === 'date-time') return new Date(Date.now() + random.between(-100_000, 100_000)).toISOString();
  const text = random.among(NAMES)!;
  return text.padEnd(minLength, 'x').slice(0, maxLength);
}

/** What there is for a field of this name. */
const POOLS: Readonly<Record<string, (world: World) => readonly string[]>> = {
  page_id: ({ pages }) => pages,
  alarm_id: ({ alarms }) => alarms,
  group_id: ({ groups }) => groups,
  user_id: ({ users }) => users,
  to: ({ users }) => users,
  log: ({ logs }) => logs,
  token: ({ tokens }) => tokens,
  username: ({ usernames }) => usernames,
  password: ({ password }) => [password],
  old: ({ password }) => [password],
  new: ({ password }) => [password],
  min_position: ({ positions }) => positions,
};

function noRefs(ref: string): never {
  throw new Error(`the schema refers to ${ref}, and nobody said what that is`);
}
