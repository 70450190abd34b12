import { renamePage } from '../../src/commands/pages/rename-page.js';
import { transferPage } from '../../src/commands/pages/transfer-page.js';
import { denied } from '../../src/domain/authorization.js';
import type { DomainEvent } from '../../src/domain/events.js';
import { notFound, refuse } from '../../src/domain/refusals.js';
import { desk, editor, GROUP, member, owner, PAGE, page, refusedPayload, stranger, viewer } from './scenario.js';

const give = (to: string) => ({ page_id: PAGE, to });
const transferred = (owner_id: string): DomainEvent => ({ type: 'PageTransferred', data: { owner_id, keep: true } });
const rename = { page_id: PAGE, name: 'Other' };
const renamed: DomainEvent = { type: 'PageRenamed', data: { name: 'Other' } };

for (const [by, name] of [
  [viewer, 'view'],
  [editor, 'edit'],
] as const)
  desk.when(by, transferPage, give(stranger)).then(denied('own'), `PERM-13 who may only ${name} does not transfer it`);
desk
  .when(stranger, transferPage, give(stranger))
  .then(notFound('page'), 'PERM-7 what one may not see is answered as what does not exist')
  .when(owner, transferPage, give('nobody'))
  .then(notFound('user'), 'PERM-13 it goes to nobody who does not exist')
  .when(owner, transferPage, give(owner))
  .then(refuse('nothing_to_do', 'This user owns the page already: name another one'), 'PERM-13 nor to its owner')
  .when(owner, transferPage, give(stranger))
  .then(transferred(stranger), 'PERM-13 its owner transfers it, to one who has not seen it too', 'owner')
  .when(stranger, renamePage, rename)
  .then(renamed, 'PERM-13 the new owner owns it', 'owner')
  .when(owner, renamePage, rename)
  .then(denied('own'), 'PERM-13 the former one may edit it and no more')
  .when(owner, transferPage, give(viewer))
  .then(denied('own'), 'PERM-13 nor transfer it again')
  .when(stranger, transferPage, give(owner))
  .then(transferred(owner), 'PERM-13 it may be given back', 'owner')
  .when(owner, renamePage, rename)
  .then(renamed, 'PERM-13 and then is theirs again', 'owner');
page
  .withGroup()
  .sharedTo(GROUP, 'view')
  .when(owner, transferPage, give(member))
  .then(transferred(member), 'PERM-13 also to one who sees it through a group', 'owner')
  .deleted()
  .when(member, transferPage, give(owner))
  .then(transferred(owner), 'PERM-10 a deletion by who owns it no more is void', 'owner');
desk.deleted().when(owner, transferPage, give(stranger)).then(notFound('page'), 'PERM-7 a deleted page is not there');
refusedPayload(transferPage, { page_id: PAGE }, 'WIRE-2 a new owner is named');
refusedPayload(transferPage, give(''), 'WIRE-2 by an id');
