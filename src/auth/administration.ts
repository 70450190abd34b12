/** What an operator, or `npm run admin` on the server's machine, does with other people's accounts. Every change is an event with who did it. */
import type { UserEvent } from '../domain/events.js';
import type { Role } from '../domain/fields.js';
import type { Projection } from '../projections/projection.js';
import { type Administrator, accountEvent } from './account-events.js';
import type { UserStreams, Written } from './user-streams.js';

export type Administered =
  | Written
  /** It is so already: nothing was written. */
  | { readonly kind: 'unchanged' };

export interface AdministrationOptions {
  readonly projection: Projection;
  readonly streams: UserStreams;
}

export class Administration {
  readonly #options: AdministrationOptions;

  constructor(options: AdministrationOptions) {
    this.#options = options;
  }

  /** For `npm run admin` alone: by an operator it would be void. */
  async grantRole(who: Administrator, userId: string, role: Role): Promise<Administered> {
    if (this.#has(userId, role)) return { kind: 'unchanged' };
    return this.#append(who, userId, 'grant_role', { type: 'RoleGranted', data: { role } });
  }

  /** Likewise. */
  async revokeRole(who: Administrator, userId: string, role: Role): Promise<Administered> {
    if (!this.#has(userId, role)) return { kind: 'unchanged' };
    return this.#append(who, userId, 'revoke_role', { type: 'RoleRevoked', data: { role } });
  }

  #has(userId: string, role: Role): boolean {
    return this.#options.projection.live.roles.of(userId).has(role);
  }

  #append({ by, via }: Administrator, userId: string, command: string, event: UserEvent): Promise<Written> {
    const { streams, projection } = this.#options;
    return streams.append(userId, () => accountEvent(by, command, event, projection.clock.at(), via));
  }
}
