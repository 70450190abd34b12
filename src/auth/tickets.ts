/**
 * Tickets: each opens one socket, once, within 30 seconds. With them no URL has to contain a token, which proxies and browsers would
 * record. They are only in this process's memory: a ticket is valid on the node that issued it, until that node stops.
 */
import { randomBytes } from 'node:crypto';
import type { Session } from './sessions.js';

/** Lifetime of a ticket, in milliseconds. */
export const TICKET_MS = 30_000;

/** Maximum number of tickets: about 5 MB. */
const LIMIT = 10_000;

/** Maximum number of tickets of one user: beyond it their oldest is deleted. */
const USER_LIMIT = 100;

interface Ticket {
  readonly session: Session;
  readonly endsAt: number;
}

export interface Tickets {
  /** A ticket for a socket of this session. If the store is full, the oldest ticket of the user with the most tickets is deleted. */
  issue(session: Session): string;
  /** The session of a ticket, which becomes invalid; undefined if the ticket is not valid. Does not check whether the session is still valid. */
  redeem(ticket: string): Session | undefined;
  /** Current number of tickets. */
  readonly size: number;
}

/** `now`: milliseconds of a monotonic clock. */
export function createTickets({ now = () => performance.now() }: { readonly now?: () => number } = {}): Tickets {
  /** Oldest first. */
  const tickets = new Map<string, Ticket>();
  const ofUser = new Map<string, Set<string>>();

  const take = (id: string): Ticket | undefined => {
    const ticket = tickets.get(id);
    if (!ticket) return undefined;
    tickets.delete(id);
    const others = ofUser.get(ticket.session.userId);
    others?.delete(id);
    if (others?.size === 0) ofUser.delete(ticket.session.userId);
    return ticket;
  };

  const takeOldest = (ids: ReadonlySet<string>): void => {
    const [oldest] = ids;
    if (oldest !== undefined) take(oldest);
  };

  const forgetOneOfMost = (): void => {
    let most: ReadonlySet<string> | undefined;
    for (const ids of ofUser.values()) if (!most || ids.size > most.size) most = ids;
    if (most) takeOldest(most);
  };

  const forgetExpired = (): void => {
    for (const [id, { endsAt }] of tickets) {
      if (endsAt > now()) return;
      take(id);
    }
  };

  return {
    get size() {
      return tickets.size;
    },

    issue(session) {
      forgetExpired();
      const others = ofUser.get(session.userId);
      if (others && others.size >= USER_LIMIT) takeOldest(others);
      if (tickets.size >= LIMIT) forgetOneOfMost();
      const id = randomBytes(32).toString('base64url');
      tickets.set(id, { session, endsAt: now() + TICKET_MS });
      const ids = ofUser.get(session.userId);
      if (ids) ids.add(id);
      else ofUser.set(session.userId, new Set([id]));
      return id;
    },

    redeem(id) {
      const ticket = take(id);
      return ticket && ticket.endsAt > now() ? ticket.session : undefined;
    },
  };
}
