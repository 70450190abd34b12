/** Invitations: a code that lets one account be registered where registration is not open to everybody. */
import { randomUUID } from 'node:crypto';
import type { DomainEvent, PrivateEvent } from '../domain/events.js';
import { invitationCodeStream, invitationStream } from '../domain/streams.js';
import { type Appended, type EventLog, LogUnavailable, NO_STREAM } from '../log/event-log.js';
import type { Projection } from '../projections/projection.js';
import { type Administrator, accountEvent } from './account-events.js';
import { hashOfCode, isCode, newCode } from './one-time-codes.js';

/** Who may register: everybody, whoever has an invitation, or nobody. */
export type RegistrationPolicy = 'open' | 'invite' | 'closed';

/** Life of an invitation, in milliseconds. */
const LIFE_MS = 7 * 24 * 3_600_000;

/** A code names its invitation: `inv_<id>_<secret>`. */
const CODE = /^inv_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})_(.+)$/i;

export type InvitationIssued =
  | {
      readonly kind: 'issued';
      readonly id: string;
      readonly code: string;
      readonly expiresAt: string;
      readonly position: string;
    }
  | { readonly kind: 'full' | 'unavailable' };

export type InvitationUse = 'used' | 'void' | 'full' | 'unavailable';

/** Uses the invitation for the account with this id: once, on whatever node. */
export type Invitation = (userId: string) => Promise<InvitationUse>;

export interface InvitationsOptions {
  readonly log: EventLog;
  readonly projection: Projection;
}

export class Invitations {
  readonly #options: InvitationsOptions;

  constructor(options: InvitationsOptions) {
    this.#options = options;
  }

  /** That it was issued is recorded before there is a code. */
  async issue({ by, via }: Administrator): Promise<InvitationIssued> {
    const { clock } = this.#options.projection;
    const [id, secret] = [randomUUID(), newCode()];
    const until = new Date(Date.parse(clock.at()) + LIFE_MS).toISOString();
    const issued = await this.#append(by, via, invitationStream(id), NO_STREAM, {
      type: 'InvitationIssued',
      data: { until },
    });
    if (issued.kind !== 'appended') return { kind: issued.kind === 'full' ? 'full' : 'unavailable' };
    const set = await this.#append(by, via, invitationCodeStream(id), NO_STREAM, {
      type: 'InvitationCodeSet',
      data: { hash: hashOfCode(secret), until },
    });
    if (set.kind !== 'appended') return { kind: set.kind === 'full' ? 'full' : 'unavailable' };
    return { kind: 'issued', id, code: `inv_${id}_${secret}`, expiresAt: until, position: issued.position };
  }

  /** The invitation with this code; undefined where there is none, or its time is over. Whether it was used shows when it is used. */
  async find(code: string): Promise<Invitation | undefined | 'unavailable'> {
    const [, givenId, secret] = CODE.exec(code.trim()) ?? [];
    if (givenId === undefined || secret === undefined) return undefined;
    const id = givenId.toLowerCase();
    try {
      const found = await this.#options.log.readPrivate(invitationCodeStream(id));
      if (found?.type !== 'InvitationCodeSet' || !isCode(secret, found.data.hash)) return undefined;
      if (Date.parse(this.#options.projection.clock.at()) > Date.parse(found.data.until)) return undefined;
    } catch (error) {
      if (error instanceof LogUnavailable) return 'unavailable';
      throw error;
    }
    return (userId) => this.#use(id, userId);
  }

  /** It was issued by the first event of its stream, so it is used by the second, whoever is first. */
  async #use(id: string, userId: string): Promise<InvitationUse> {
    const used = await this.#append(userId, 'invitation', invitationStream(id), 0, {
      type: 'InvitationUsed',
      data: { user_id: userId },
    });
    switch (used.kind) {
      case 'appended':
        return 'used';
      case 'conflict':
        return 'void';
      case 'full':
        return 'full';
      case 'unknown':
        return 'unavailable';
    }
  }

  #append(
    by: string,
    via: string,
    stream: string,
    expected: number,
    event: DomainEvent | PrivateEvent,
  ): Promise<Appended> {
    const { log, projection } = this.#options;
    const command = event.type === 'InvitationUsed' ? 'register' : 'invite';
    return log.append(stream, expected, [accountEvent(by, command, event, projection.clock.at(), via)]);
  }
}
