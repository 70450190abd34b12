import { leavePage, leaveTheGroup } from '../../src/commands/pages/leave-page.js';
import type { DomainEvent } from '../../src/domain/events.js';
import { notFound, refuse } from '../../src/domain/refusals.js';
import { desk, editor, GROUP, member, owner, PAGE, page, refusedPayload, stranger, viewer } from './scenario.js';

const payload = { page_id: PAGE };
const left: DomainEvent = { type: 'PageLeft', data: {} };

desk
  .when(viewer, leavePage, payload)
  .then(left, 'PERM-11 a user who was granted to view may leave', 'direct')
  .when(viewer, leavePage, payload)
  .then(notFound('page'), 'PERM-11 and then sees it no more')
  .when(editor, leavePage, payload)
  .then(left, 'PERM-11 a user who was granted to edit may leave', 'direct')
  .when(stranger, leavePage, payload)
  .then(notFound('page'), 'PERM-7 what one may not see is answered as what does not exist')
  .when(owner, leavePage, payload)
  .then(
    refuse('permission_denied', 'Permission denied: the owner of a page cannot leave it; delete it instead'),
    'PERM-11 its owner may not',
  );
const through = page.withGroup().sharedTo(GROUP, 'view');
through
  .when(member, leavePage, payload)
  .then(leaveTheGroup, 'PERM-11 a user who sees it through a group is told to leave that');
through
  .sharedTo(member, 'edit')
  .when(member, leavePage, payload)
  .then(left, 'PERM-11 a direct grant beside a group may go', 'direct')
  .when(member, leavePage, payload)
  .then(leaveTheGroup, 'PERM-11 and what comes through the group stays');
refusedPayload(leavePage, {}, 'WIRE-2 a page is named');
