/** The AsyncAPI 3 document of the socket and of the event streams, generated from the schemas that validate their messages. */
import { z } from 'zod';
import { downMessages } from '../protocol/down-messages.js';
import { MarkLine, recordSchema, recordTypes, ScopeLine } from '../protocol/event-records.js';
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

/** The lines of GET /events that goes on: a message for each type of record, the mark and the scope. */
const eventMessages = (): Record<string, unknown> =>
  Object.fromEntries(
    [
      ...recordTypes.map((type) => [type, recordSchema(type)] as const),
      ['mark', MarkLine] as const,
      ['scope', ScopeLine] as const,
    ].map(([name, schema]) => [
      name,
      {
        name,
        contentType: 'application/json',
        payload: z.toJSONSchema(schema ?? z.unknown(), { io: 'output', target: 'draft-7', unrepresentable: 'any' }),
      },
    ]),
  );

export function asyncApiDocument(version: string): string {
  const sent = messages(downMessages as readonly unknown[] as readonly MessageSchema[], 'output');
  const received = messages(upMessages as readonly unknown[] as readonly MessageSchema[], 'input');
  const followed = eventMessages();
  const refer = (names: Record<string, unknown>, channel = 'socket'): { $ref: string }[] =>
    Object.keys(names).map((name) => ({ $ref: `#/channels/${channel}/messages/${name}` }));
  return JSON.stringify({
    asyncapi: '3.0.0',
    info: {
      title: 'Alarm server: socket and event streams',
      version,
      description:
        'One socket per client: first the state, then every event of the pages that its user may see. Text frames of JSON. For programs, GET /events as a stream that goes on (see /openapi.json).',
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
      events: {
        address: '/events',
        description:
          'GET with Authorization: Bearer <token>. As application/x-ndjson with follow=1 each message is a line; as text/event-stream each is the data of an event, whose id is a cursor, and whose name is mark or scope where it is one.',
        messages: followed,
      },
    },
    operations: {
      follow: {
        action: 'send',
        channel: { $ref: '#/channels/events' },
        summary: 'Records of the pages that the user may see, marks to resume from, and changes of what they may see.',
        messages: refer(followed, 'events'),
      },
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
