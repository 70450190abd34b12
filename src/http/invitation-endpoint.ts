/** POST /admin/invitations: a code with which one account can be registered. */
import { z } from 'zod';
import type { Invitations, RegistrationPolicy } from '../auth/invitations.js';
import { Moment } from '../domain/fields.js';
import { type AdministratorsOptions, administrating } from './administrators.js';
import { type Endpoint, json } from './endpoint.js';
import { storeFull, storeUnavailable } from './login-answers.js';
import { problem } from './problems.js';

const Invitation = z
  .object({
    id: z.string(),
    code: z.string().meta({ description: 'For POST /register, once. It is shown here only.' }),
    expires_at: Moment,
  })
  .meta({ id: 'Invitation' });

export interface InvitationOptions extends AdministratorsOptions {
  readonly invitations: Invitations;
  readonly registration: RegistrationPolicy;
}

export const invitationEndpoint = (options: InvitationOptions): Endpoint =>
  administrating(
    options,
    'POST',
    '/admin/invitations',
    {
      id: 'create_invitation',
      summary: 'Issue a code with which one account can be registered within 7 days, where REGISTRATION is invite.',
      success: { status: 201, description: 'The invitation.', schema: Invitation },
      problems: ['registration_closed'],
    },
    async (_request, who) => {
      if (options.registration === 'closed')
        return problem(
          'registration_closed',
          'Registration is closed on this server (REGISTRATION): make the account with POST /admin/users',
        );
      const issued = await options.invitations.issue(who);
      switch (issued.kind) {
        case 'issued': {
          const { id, code, expiresAt: expires_at, position } = issued;
          const answer: z.infer<typeof Invitation> = { id, code, expires_at };
          return json(201, JSON.stringify(answer), { 'Cache-Control': 'no-store', 'Log-Position': position });
        }
        case 'full':
          return storeFull('nobody was invited; try again when there is room');
        case 'unavailable':
          return storeUnavailable('ask for another invitation in a moment');
      }
    },
  );
