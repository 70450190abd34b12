/** Which users have which roles: the fold of RoleGranted and RoleRevoked. */
import type { Metadata, UserEvent } from './events.js';
import type { Role } from './fields.js';

/** How a role was given. A role that is granted twice keeps what is said of its first grant. */
export interface RoleGrant {
  /** A user's id, or `system`: `npm run admin` on the server's machine. */
  readonly granted_by: string;
  /** RFC 3339, UTC, ms. */
  readonly granted_at: string;
}

type RoleEvent = Extract<UserEvent, { type: 'RoleGranted' | 'RoleRevoked' }>;

const NONE: ReadonlySet<Role> = new Set();

export class UserRoles {
  /** By user id. A user without a role is not in it. */
  readonly #granted = new Map<string, Map<Role, RoleGrant>>();

  /** Of every user who has any, by user id. */
  get granted(): ReadonlyMap<string, ReadonlyMap<Role, RoleGrant>> {
    return this.#granted;
  }

  of(userId: string): ReadonlySet<Role> {
    const roles = this.#granted.get(userId);
    return roles ? new Set(roles.keys()) : NONE;
  }

  /** The roles as they are shown: in the order of their names; undefined where there are none. */
  shown(userId: string): Role[] | undefined {
    const roles = this.#granted.get(userId);
    return roles && [...roles.keys()].sort();
  }

  fold(userId: string, { type, data: { role } }: RoleEvent, { by, at }: Pick<Metadata, 'by' | 'at'>): void {
    if (type === 'RoleGranted') {
      if (!this.#granted.get(userId)?.has(role)) this.add(userId, role, { granted_by: by, granted_at: at });
      return;
    }
    const roles = this.#granted.get(userId);
    roles?.delete(role);
    if (roles?.size === 0) this.#granted.delete(userId);
  }

  add(userId: string, role: Role, grant: RoleGrant): void {
    const roles = this.#granted.get(userId);
    if (roles) roles.set(role, grant);
    else this.#granted.set(userId, new Map([[role, grant]]));
  }
}
