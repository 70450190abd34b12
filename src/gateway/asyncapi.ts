/** The AsyncAPI 3 document of the socket, generated from the schemas that validate its messages. */
import { z } from 'zod';
import { downMessages } from '../protocol/down-messages.js';
import { upMessages } from './up-messages.js';

type MessageSchema = z.ZodObject<{ type: z.ZodLiteral<string> }>;

const nameOf = (schema: MessageSchema): string => schema.shape.type.value;

function messages(schemas: readonly MessageSchema[], io: 'input' | 'output'): Record<string, unknown> {
  return Object.fromEntries(
    schemas.map((schema) => [
      nameOf(schema),
      {
        name: nameOf(schema),
        contentType: 'application/json',
        payload: z.toJSONSchema(schema, { io, target: 'draft-7' }),
      },
    ]),
  );
}

export function asyncApiDocument(version: string): string {
  const sent = messages(downMessages as readonly unknown[] as readonly MessageSchema[], 'output');
  const received = messages(upMessages as readonly unknown[] as readonly MessageSchema[], 'input');
  const refer = (names: Record<string, unknown>): { $ref: string }[] =>
    Object.keys(names).map((name) => ({ $ref: `#/channels/socket/messages/${name}` }));
  return JSON.stringify({
    asyncapi: '3.0.0',
    info: {
      title: 'Alarm server: socket',
      version,
      description:
        'One socket per client: first the state, then every event of the pages that its user may see. Text frames of JSON.',
    },
    channels: {
      socket: {
        address: '/ws',
        messages: { ...sent, ...received },
        bindings: {
          ws: {
            method: 'GET',
            query: {
              type: 'object',
              properties: {
                token: {
                  type: 'string',
                  description: 'The access_token of POST /login; or the header Authorization: Bearer <token>.',
                },
                resume: {
                  type: 'string',
                  enum: ['1'],
                  description: 'The server waits for a resume message instead of sending initial_state.',
                },
              },
            },
          },
        },
      },
    },
    operations: {
      push: {
        action: 'send',
        channel: { $ref: '#/channels/socket' },
        summary: 'Messages that the server sends.',
        messages: refer(sent),
      },
      command: {
        action: 'receive',
        channel: { $ref: '#/channels/socket' },
        summary: 'Messages that a client may send.',
        messages: refer(received),
      },
    },
  });
}
