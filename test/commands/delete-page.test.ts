import { deletePage } from '../../src/commands/pages/delete-page.js';
import { denied } from '../../src/domain/authorization.js';
import { notFound } from '../../src/domain/refusals.js';
import { desk, editor, owner, PAGE, stranger, viewer } from './scenario.js';

const payload = { page_id: PAGE };

desk
  .when(editor, deletePage, payload)
  .then(denied('own'), 'PERM-4 a user who may edit may not delete the page')
  .when(viewer, deletePage, payload)
  .then(denied('own'), 'PERM-4 a user who may view may not delete the page')
  .when(stranger, deletePage, payload)
  .then(notFound('page'), 'PERM-7 what one may not see is answered as what does not exist')
  .when(owner, deletePage, payload)
  .then({ type: 'PageDeleted', data: {} }, 'PERM-4 its owner may', 'owner')
  .when(owner, deletePage, payload)
  .then(notFound('page'), 'PERM-7 once: then it does not exist');
