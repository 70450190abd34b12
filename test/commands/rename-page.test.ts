import { renamePage } from '../../src/commands/pages/rename-page.js';
import { denied } from '../../src/domain/authorization.js';
import type { DomainEvent } from '../../src/domain/events.js';
import { notFound } from '../../src/domain/refusals.js';
import { desk, editor, owner, PAGE, stranger, viewer } from './scenario.js';

const payload = { page_id: PAGE, name: 'Desk' };
const renamed: DomainEvent = { type: 'PageRenamed', data: { name: 'Desk' } };

desk
  .when(editor, renamePage, payload)
  .then(denied('own'), 'PERM-4 a user who may edit may not rename')
  .when(viewer, renamePage, payload)
  .then(denied('own'), 'PERM-4 a user who may view may not rename')
  .when(stranger, renamePage, payload)
  .then(notFound('page'), 'PERM-7 what one may not see is answered as what does not exist')
  .when(owner, renamePage, payload)
  .then(renamed, 'PERM-4 its owner may', 'owner')
  .when(owner, renamePage, payload)
  .then(renamed, 'CMD-6 the name it has already is an event all the same')
  .deleted()
  .when(owner, renamePage, payload)
  .then(notFound('page'), 'PERM-7 a deleted page does not exist');
