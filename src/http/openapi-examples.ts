/** Examples in the OpenAPI document, made from those of the fields: what has an example anywhere has one as a whole. */

/** The part of a JSON Schema that an example can be made from. */
interface Schema {
  readonly $ref?: string;
  readonly example?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

/** `named`: the document's components.schemas. A field that may be missing is in the example only if it has an example of its own. */
function exampleOf(schema: Schema, named: Readonly<Record<string, Schema>>): unknown {
  if (schema.$ref !== undefined) return exampleOf(named[schema.$ref.split('/').at(-1) ?? ''] ?? {}, named);
  if (schema.example !== undefined) return schema.example;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.default !== undefined) return schema.default;
  const [choice] = schema.anyOf ?? schema.oneOf ?? [];
  if (choice) return exampleOf(choice, named);
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .filter(([name, inner]) => schema.required?.includes(name) || inner.example !== undefined)
          .map(([name, inner]) => [name, exampleOf(inner, named)]),
      );
    case 'array':
      return schema.items ? [exampleOf(schema.items, named)] : [];
    case 'integer':
    case 'number':
      return 1;
    case 'boolean':
      return true;
    case 'string':
      return 'text';
    default:
      return {};
  }
}

/** A media type of the document, with an example unless it has examples already. */
interface MediaType {
  readonly schema?: Schema;
  readonly examples?: unknown;
  example?: unknown;
}

interface Content {
  readonly content?: Readonly<Record<string, MediaType>>;
}

interface Operation {
  readonly requestBody?: Content;
  readonly responses?: Readonly<Record<string, Content>>;
}

/** As much of an OpenAPI document as examples need. */
export interface Document {
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly webhooks?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** The document with an example for every body, made from those of its fields; given ones stay. Changes `document` in place. */
export function withExamples(document: Document): Document {
  const { components, paths = {}, webhooks = {} } = document;
  const named = components?.schemas ?? {};
  for (const { requestBody, responses = {} } of [paths, webhooks].flatMap((items) =>
    Object.values(items).flatMap((item) => Object.values(item)),
  )) {
    for (const { content = {} } of [requestBody ?? {}, ...Object.values(responses)]) {
      for (const media of Object.values(content))
        if (media.schema && !media.examples) media.example = exampleOf(media.schema, named);
    }
  }
  return document;
}
