/** The OpenAPI 3.1 document, made from the very endpoints that are served. */

import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import { type Endpoint, pathParameters } from './endpoint.js';
import { Problem } from './problems.js';

export function openApiDocument(endpoints: readonly Endpoint[], version: string): string {
  const paths: ZodOpenApiPathsObject = {};
  for (const endpoint of endpoints) {
    if (endpoint.path.startsWith('/docs/')) continue;
    paths[endpoint.path] = { ...paths[endpoint.path], [endpoint.method.toLowerCase()]: operation(endpoint) };
  }
  return JSON.stringify(
    createDocument({
      openapi: '3.1.0',
      info: {
        title: 'Alarm server',
        version,
        description:
          'Pages of alarms, shared by desks. What happens on them is pushed over the socket /ws: see /asyncapi.json.',
      },
      servers: [{ url: '/' }],
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
      paths,
    }),
  );
}

function operation({ path, describe }: Endpoint): ZodOpenApiOperationObject {
  const { tag, summary, authenticated, query, command, body, success, problems = [] } = describe;
  const parameters = pathParameters(path);
  const statuses = new Set([
    ...problems,
    ...(authenticated ? [401] : []),
    ...(body || parameters.length > 0 ? [422] : []),
    ...(body ? [400, 413, 415] : []),
  ]);
  const responses: ZodOpenApiResponsesObject = {
    [String(success.status) as '200']: {
      description: success.description,
      ...(command
        ? {
            headers: {
              'Log-Position': {
                schema: { type: 'string' as const },
                description: "Position of the command's event; for min_position.",
              },
            },
          }
        : {}),
      ...(success.status === 204
        ? {}
        : { content: { [success.mediaType ?? 'application/json']: { schema: success.schema ?? z.unknown() } } }),
    },
  };
  for (const status of [...statuses].sort())
    responses[String(status) as '400'] = {
      description: STATUS_CODES[status]!,
      content: { 'application/problem+json': { schema: Problem } },
    };
  return {
    tags: [tag],
    summary,
    ...(authenticated ? { security: [{ bearer: [] }] } : {}),
    requestParams: {
      ...(parameters.length > 0
        ? { path: z.object(Object.fromEntries(parameters.map((name) => [name, z.string()]))) }
        : {}),
      ...(query ? { query } : {}),
      ...(command
        ? {
            header: z.object({
              'Idempotency-Key': z.string().min(1).max(64).optional().meta({
                description: 'Makes the command idempotent: the same key again has one effect and the same answer.',
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
    responses,
  };
}
