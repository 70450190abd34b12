/** Sessions and sockets as operators see them: who is logged in, who is connected to this node, and how to end it. */
import { z } from 'zod';
import { Moment, UserId } from '../domain/fields.js';
import { notFound, refuse } from '../domain/refusals.js';
import { administrating } from './administrators.js';
import { type Endpoint, json } from './endpoint.js';
import { refused } from './problems.js';
import { type AdminEndpointsOptions, administered } from './role-endpoints.js';

const Sessions = z
  .object({
    sessions: z.array(
      z.object({
        id: z.string(),
        started_at: Moment,
        until: Moment.meta({ description: 'Its end, if nothing ends it before.' }),
      }),
    ),
  })
  .meta({ id: 'Sessions' });

const Sockets = z
  .object({
    sockets: z.array(
      z.object({
        id: z.string(),
        user: z.object({ id: UserId, username: z.string() }),
        address: z.string(),
        since: Moment,
        node: z.string(),
        backlog_bytes: z.int().meta({ description: 'Sent to it and not read yet.' }),
        client: z.string().meta({ description: 'Its User-Agent; empty if it sent none.' }),
      }),
    ),
  })
  .meta({ id: 'Sockets' });

/** A socket that is open at this node. */
export interface OpenSocket {
  readonly id: string;
  readonly userId: string;
  readonly address: string;
  /** RFC 3339, UTC, ms. */
  readonly since: string;
  /** Bytes that were sent to it and that it has not read. */
  readonly backlogBytes: number;
  readonly userAgent: string;
}

export interface SocketsOfNode {
  list(): readonly OpenSocket[];
  /** Closes it; false if there is none with that id. */
  close(id: string): boolean;
}

export interface AdminSessionOptions extends AdminEndpointsOptions {
  readonly sockets: SocketsOfNode;
  /** What this node is called. */
  readonly node: string;
}

export function adminSessionEndpoints(options: AdminSessionOptions): Endpoint[] {
  const { administration, live, sockets, node } = options;
  return [
    administrating(
      options,
      'GET',
      '/admin/users/{user_id}/sessions',
      {
        id: 'list_sessions',
        summary: 'The sessions of a user that go on, oldest first: the newest 100 of those that were recorded.',
        success: { status: 200, description: 'The sessions.', schema: Sessions },
      },
      ({ params }) => {
        const user = live.users.get(params['user_id'] ?? '');
        if (!user) return refused(notFound('user'));
        const sessions = live.startedSessions
          .of(user.id, Date.now())
          .map(({ id, started_at, until }) => ({ id, started_at, until }));
        return json(200, JSON.stringify({ sessions } satisfies z.infer<typeof Sessions>));
      },
    ),
    administrating(
      options,
      'DELETE',
      '/admin/users/{user_id}/sessions',
      {
        id: 'end_sessions',
        summary: 'End all sessions of a user, also those that are not listed. The password stays as it is.',
        success: { status: 204, description: 'They are over.' },
      },
      async ({ params }, who) => {
        const user = live.users.get(params['user_id'] ?? '');
        if (!user) return refused(notFound('user'));
        return administered(await administration.endSessions(who, user.id));
      },
    ),
    administrating(
      options,
      'GET',
      '/admin/sockets',
      {
        id: 'list_sockets',
        summary: 'The sockets that are open at the node that is asked.',
        success: { status: 200, description: 'The sockets, oldest first.', schema: Sockets },
      },
      () => {
        const open = sockets.list().map(({ id, userId, address, since, backlogBytes, userAgent }) => ({
          id,
          user: { id: userId, username: live.usernameOf(userId) },
          address,
          since,
          node,
          backlog_bytes: backlogBytes,
          client: userAgent,
        }));
        return json(200, JSON.stringify({ sockets: open } satisfies z.infer<typeof Sockets>));
      },
    ),
    administrating(
      options,
      'DELETE',
      '/admin/sockets/{socket_id}',
      {
        id: 'close_socket',
        summary: 'Close a socket of the node that is asked. Its session goes on: a client connects again.',
        success: { status: 204, description: 'It is closed.' },
      },
      ({ params }) =>
        sockets.close(params['socket_id'] ?? '')
          ? { status: 204 }
          : refused(refuse('not_found', 'Socket not found: this node has none with that id')),
    ),
  ];
}
