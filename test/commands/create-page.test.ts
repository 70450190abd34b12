import { createPage } from '../../src/commands/pages/create-page.js';
import { refuse } from '../../src/domain/refusals.js';
import { page, refusedPayload, stranger } from './scenario.js';

const payload = { name: 'Mes nouvelles alarmes' };

page
  .when(stranger, createPage, payload)
  .then(
    { type: 'PageCreated', data: { ...payload, owner_id: stranger } },
    'PERM-1 a user who makes a page owns it',
    'self',
  )
  .when(stranger, createPage, payload)
  .then(
    refuse('id_reused', 'This command id was used long ago: use a new one'),
    'CMD-2 an id so old that it is forgotten does not make the same page again',
  );

for (const name of ['', 'x'.repeat(201), 'a\u0000', 7, undefined])
  refusedPayload(createPage, { name }, `WIRE-2 ${JSON.stringify(name)?.slice(0, 20)} is no name of a page`);
