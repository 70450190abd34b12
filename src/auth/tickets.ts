/**
 * Tickets: one opens one socket, once, within 30 seconds, so that no token need stand in a URL, which proxies and browsers write
 * down. They are in this process's memory alone: a ticket is good on the node that gave it, and gone when that ends.
 */
import { randomBytes } from 'node:crypto';
import type { Session } from './sessions.js';

/** Life of a ticket, in milliseconds. */
export const TICKET_MS = 30_000;

/** Tickets that are kept at the most: some 5 MB. */
const LIMIT = 10_000;

/** Tickets of one user that are kept at the most: with more, their oldest is forgotten. */
const USER_LIMIT = 100;

interface Ticket {
  readonly session: Session;
  readonly endsAt: number;
}

export interface Tickets {
  /** A ticket for a socket of this session. Where there is no room, the oldest of the user who has most is forgotten. */
  issue(session: Session): string;
  /** The session of a ticket, which is worthless from then on; undefined if it was so before. Whether the session goes on is not looked at. */
  redeem(ticket: string): Session | undefined;
  /** Tickets that are kept now. */
  readonly size: number;
}

/** `now`: milliseconds of a clock that never goes back. */
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
