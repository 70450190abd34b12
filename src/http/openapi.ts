/** The OpenAPI 3.1 document, generated from the endpoints that are served. */

import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import { AccessTokenId, AlarmId, GroupId, PageId, Role, SubscriptionName, UserId } from '../domain/fields.js';
import { CloudEvent, recordTypes } from '../protocol/event-records.js';
import { type Endpoint, type EndpointDescription, pathParameters } from './endpoint.js';
import { type Document, withExamples } from './openapi-examples.js';
import { type ProblemCode, statusOf } from './problem-codes.js';
import { problemExample } from './problem-examples.js';
import { Problem } from './problems.js';

const tags = [
  { name: 'accounts', description: 'Accounts, sessions, passwords, and users by name or id.' },
  { name: 'groups', description: 'Groups of users, which pages can be shared with.' },
  { name: 'pages', description: 'Pages: who owns one, who may view or edit it, and its history.' },
  { name: 'alarms', description: 'The alarms of pages, and triggering them.' },
  { name: 'subscriptions', description: 'Subscriptions whose place the server keeps, for programs.' },
  { name: 'administration', description: 'Users and roles, for operators and `npm run admin`.' },
  { name: 'audit', description: 'Evidence and history, for auditors.' },
  { name: 'operations', description: 'Health, readiness, metrics, and the documents of this API.' },
] as const satisfies readonly { readonly name: EndpointDescription['tag']; readonly description: string }[];

/** The parameters of paths. */
const inPath: Readonly<Record<string, z.ZodType>> = {
  page_id: PageId,
  alarm_id: AlarmId,
  group_id: GroupId,
  user_id: UserId,
  role: Role,
  token_id: AccessTokenId,
  name: SubscriptionName,
  type: z.enum(recordTypes as [string, ...string[]]).meta({ description: 'Type of the events.' }),
};

/** `endpoints`: those that are served. `version`: of the server. Answers with the document as JSON. */
export function openApiDocument(endpoints: readonly Endpoint[], version: string): string {
  const paths: ZodOpenApiPathsObject = {};
  for (const endpoint of endpoints) {
    if (endpoint.path.startsWith('/docs/')) continue;
    if (endpoint.path.includes('{tile_2}')) continue;
    // Each type has a route of its own; all are described as one operation.
    const path = endpoint.path.startsWith('/schemas/') ? '/schemas/{type}.json' : endpoint.path;
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operation({ ...endpoint, path }) };
  }
  const document = createDocument(
    {
      openapi: '3.1.0',
      info: {
        title: 'Alarm server',
        version,
        description:
          'Pages of alarms, shared by desks. What happens on them is pushed over the socket /ws: see /asyncapi.json.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/', description: 'This server.' }],
      tags: [...tags],
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description: 'The access_token of POST /login, or the token of POST /access-tokens.',
          },
        },
      },
      paths,
      webhooks: { events: { post: webhookRequest } },
    },
    { override: ({ jsonSchema }) => void patternInWords(jsonSchema) },
  );
  return JSON.stringify(withExamples(JSON.parse(JSON.stringify(document)) as Document));
}

/**
 * A pattern of Unicode classes is described in words: \p{…} means another thing, or is an error, in regular expressions of many languages, and
 * clients are generated in all of them.
 */
function patternInWords(schema: { pattern?: string; description?: string }): void {
  const { pattern, description } = schema;
  if (pattern === undefined || !/\\p\{/i.test(pattern)) return;
  delete schema.pattern;
  const words = `${pattern.includes('{Cc}') ? 'No control characters, no' : 'No'} lone surrogates.`;
  schema.description = description === undefined ? words : `${description}. ${words}`;
}

function operation({ path, describe }: Endpoint): ZodOpenApiOperationObject {
  const { tag, id, summary, authenticated, query, command, body, success, otherwise } = describe;
  const parameters = pathParameters(path);
  return {
    operationId: id,
    tags: [tag],
    summary,
    description: termsOf(describe),
    ...(authenticated ? { security: [{ bearer: [] }] } : {}),
    requestParams: {
      ...(parameters.length > 0
        ? { path: z.object(Object.fromEntries(parameters.map((name) => [name, inPath[name] ?? z.string()]))) }
        : {}),
      ...(query ? { query } : {}),
      ...(command
        ? {
            header: z.object({
              'Idempotency-Key': z.string().min(1).max(64).optional().meta({
                description: 'Makes the command idempotent: the same key again has one effect and the same answer.',
                example: 'h-1',
              }),
            }),
          }
        : {}),
    },
    ...(body
      ? {
          requestBody: {
            required: true,
            content: Object.fromEntries(Object.entries(body).map(([type, schema]) => [type, { schema }])),
          },
        }
      : {}),
    responses: {
      [String(success.status) as '200']: {
        description: success.description,
        ...(command ? { headers: { 'Log-Position': logPosition } } : {}),
        ...(success.status === 204 ? {} : { content: { ...contentOf(success), ...alsoAs(describe) } }),
      },
      ...(otherwise
        ? { [String(otherwise.status) as '503']: { description: otherwise.description, content: contentOf(success) } }
        : {}),
      ...problemResponses(describe, parameters.length > 0),
    },
  };
}

/** What the server posts to the webhook of a subscription. */
const webhookRequest: ZodOpenApiOperationObject = {
  operationId: 'receive_events',
  tags: ['subscriptions'],
  summary: "A batch of a subscription's events, posted to its webhook.",
  description:
    'Signed as Standard Webhooks says: verify it with a library of theirs. Events of one partition come in order, one batch at a time.',
  requestParams: {
    header: z.object({
      'webhook-id': z.string().meta({ description: 'The same at each try of the same batch.', example: 'msg_5f0a' }),
      'webhook-timestamp': z.string().meta({ description: 'Seconds since 1970.', example: '1768473000' }),
      'webhook-signature': z.string().meta({
        description: 'One signature, or two while a secret is replaced.',
        example: 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
      }),
    }),
  },
  requestBody: {
    required: true,
    content: { 'application/cloudevents-batch+json': { schema: z.array(CloudEvent) } },
  },
  responses: {
    '204': { description: 'The batch is taken: any 2xx.' },
    '410': {
      description: 'Nothing more is sent until the next PUT of the subscription. Any other status: it is sent again.',
    },
  },
};

const logPosition = {
  schema: { type: 'string' as const },
  description: "Position of the command's event; for min_position.",
  example: '1042',
};

const contentOf = ({ mediaType = 'application/json', schema = z.unknown() }: EndpointDescription['success']) => ({
  [mediaType]: { schema },
});

const alsoAs = ({ alsoAs: others = {} }: EndpointDescription) =>
  Object.fromEntries(Object.entries(others).map(([type, schema]) => [type, { schema }]));

/** What applies to a request beside its summary. */
const termsOf = ({ authenticated, command, query }: EndpointDescription): string =>
  [
    authenticated ? 'Needs a bearer token.' : 'Needs no token.',
    command ? 'A command: with an Idempotency-Key it has one effect however often it is sent.' : '',
    query && 'min_position' in query.shape
      ? 'Answers with what this node has seen: min_position makes it wait for a command that was answered.'
      : '',
  ]
    .filter((term) => term !== '')
    .join(' ');

/** Every status of a problem that may come, with an example for each of its codes. */
function problemResponses(
  { authenticated, query, command, body, problems = [] }: EndpointDescription,
  hasParameters: boolean,
): ZodOpenApiResponsesObject {
  const codes = new Set<ProblemCode>([
    ...problems,
    ...(authenticated ? (['unauthorized', 'token_scope'] as const) : []),
    ...(body || query || command ? (['invalid_request'] as const) : []),
    ...(body || query || hasParameters ? (['validation_failed'] as const) : []),
    ...(body ? (['invalid_json', 'too_large', 'unsupported_media_type'] as const) : []),
  ]);
  const statuses = [...new Set([...codes].map(statusOf))].sort();
  return Object.fromEntries(
    statuses.map((status) => [
      String(status) as '400',
      {
        description: STATUS_CODES[status] ?? '',
        content: {
          'application/problem+json': {
            schema: Problem,
            examples: Object.fromEntries(
              [...codes]
                .filter((code) => statusOf(code) === status)
                .sort()
                .map((code) => [code, { value: problemExample(code) }]),
            ),
          },
        },
      },
    ]),
  );
}
