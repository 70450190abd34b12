import t from 'tap';
import { sharePage } from '../../src/commands/pages/share-page.js';
import { denied } from '../../src/domain/authorization.js';
import type { DomainEvent } from '../../src/domain/events.js';
import { notFound } from '../../src/domain/refusals.js';
import { desk, editor, GROUP, owner, PAGE, page, refusedPayload, stranger, viewer } from './scenario.js';

const grant = (subject_type: 'user' | 'group', subject_id: string, can_view: boolean, can_edit: boolean) => ({
  subject_type,
  subject_id,
  can_view,
  can_edit,
});
const shared = (data: ReturnType<typeof grant>): DomainEvent => ({ type: 'PageShared', data });
const toStranger = grant('user', stranger, true, false);
const payload = { page_id: PAGE, ...toStranger };

desk
  .when(editor, sharePage, payload)
  .then(denied('own'), 'PERM-4 a user who may edit may not share')
  .when(viewer, sharePage, payload)
  .then(denied('own'), 'PERM-4 a user who may view may not share')
  .when(stranger, sharePage, payload)
  .then(notFound('page'), 'PERM-7 what one may not see is answered as what does not exist')
  .when(owner, sharePage, payload)
  .then(shared(toStranger), 'PERM-4 its owner may', 'owner')
  .when(owner, sharePage, payload)
  .then(shared(toStranger), 'CMD-6 a grant that stands is an event all the same')
  .when(stranger, sharePage, payload)
  .then(denied('own'), 'PERM-4 a user who may view now still may not share')
  .when(owner, sharePage, { page_id: PAGE, ...grant('user', stranger, false, false) })
  .then(shared(grant('user', stranger, false, false)), 'PERM-6 both false takes it away')
  .when(stranger, sharePage, payload)
  .then(notFound('page'), 'PERM-6 and then the user sees nothing any more');

page
  .when(owner, sharePage, { page_id: PAGE, ...grant('user', stranger, false, true) })
  .then(shared(grant('user', stranger, true, true)), 'PERM-5 can_edit implies can_view');
page
  .withGroup()
  .when(owner, sharePage, { page_id: PAGE, ...grant('group', GROUP, true, true) })
  .then(shared(grant('group', GROUP, true, true)), 'PERM-5 a group may be granted rights');
page
  .when(owner, sharePage, { page_id: PAGE, ...grant('user', 'nobody', true, false) })
  .then(notFound('user'), 'PERM-4 not with an unknown user');
page
  .when(owner, sharePage, { page_id: PAGE, ...grant('group', GROUP, true, false) })
  .then(notFound('group'), 'PERM-4 no group that does not exist');
page
  .withGroup()
  .when(owner, sharePage, { page_id: PAGE, ...grant('user', GROUP, true, false) })
  .then(notFound('user'), 'PERM-4 a group is no user');

refusedPayload(sharePage, { ...payload, subject_type: 'everybody' }, 'WIRE-2 a subject is a user or a group');
refusedPayload(sharePage, { ...payload, can_view: undefined }, 'WIRE-2 both rights are said');
t.same(sharePage.payload.parse({ ...payload, extra: 1 }), payload, 'SEED-1 a field that is not known is passed over');
