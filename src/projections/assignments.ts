/** Which pages and groups administrators may give from one user to another. */
import type { AccountStates } from '../domain/account-states.js';
import { heldAsAdministrator, isAssignment, mayAssignTo } from '../domain/authorization.js';
import type { GroupEvent, Metadata, PageEvent } from '../domain/events.js';
import type { UserRoles } from '../domain/user-roles.js';

export interface AdministrationState {
  readonly users: ReadonlyMap<string, { readonly id: string; readonly created_at: string }>;
  readonly accounts: AccountStates;
  readonly roles: UserRoles;
}

/** Whether `by` may give pages and groups of others to the user `to` at this time (RFC 3339). */
export function mayAssign(
  { users, accounts, roles }: AdministrationState,
  by: string,
  to: string,
  at: string,
): boolean {
  const taker = users.get(to);
  return (
    taker !== undefined &&
    accounts.isActive(by) &&
    heldAsAdministrator(by, roles.of(by)).right === 'own' &&
    mayAssignTo(by, { ...taker, ...accounts.of(to) }, at)
  );
}

/** Whether the event is such a transfer, and its actor may make it. */
export const isAssigned = (
  state: AdministrationState,
  { by, at }: Pick<Metadata, 'at' | 'by'>,
  event: PageEvent | GroupEvent,
): boolean => isAssignment(event) && mayAssign(state, by, event.data.owner_id, at);
