/** POST /password/reset: another password with a code that an operator has issued. */
import { z } from 'zod';
import type { Accounts } from '../auth/accounts.js';
import { guessedFirst } from '../auth/common-passwords.js';
import { MAX_CODE_CHARACTERS } from '../auth/one-time-codes.js';
import type { PasswordResets } from '../auth/password-resets.js';
import { Password } from '../auth/passwords.js';
import { MAX_GIVEN_CHARACTERS } from '../auth/usernames.js';
import { keyNotTaken } from './administrators.js';
import type { Endpoint, HttpRequest, Reply } from './endpoint.js';
import { busy, slowed, storeFull, storeUnavailable, tooManyRequests } from './login-answers.js';
import { problem, validationFailed } from './problems.js';
import { boundedText, jsonBody, validate } from './request-body.js';

const Reset = z.object({
  username: boundedText(MAX_GIVEN_CHARACTERS, 'john'),
  code: boundedText(MAX_CODE_CHARACTERS, '7X2MK-A0B1C-2D3E4-F5G6H'),
  password: Password,
});

export const passwordResetEndpoint = (accounts: Pick<Accounts, 'slowed'>, resets: PasswordResets): Endpoint => ({
  method: 'POST',
  path: '/password/reset',
  describe: {
    tag: 'accounts',
    id: 'reset_password',
    summary: 'Set another password with a code from an operator. The code is void then, and all sessions are over.',
    authenticated: false,
    body: { 'application/json': Reset },
    success: { status: 204, description: 'The password is set: log in with it.' },
    problems: ['wrong_code', 'too_many_requests', 'too_many_attempts', 'store_full', 'store_unavailable', 'busy'],
  },
  handle: (request) => reset(accounts, resets, request),
});

async function reset(accounts: Pick<Accounts, 'slowed'>, resets: PasswordResets, request: HttpRequest): Promise<Reply> {
  const slow = accounts.slowed(request.address, 'login');
  if (slow) return tooManyRequests(slow);
  const key = keyNotTaken(request);
  if (key) return key;
  const body = jsonBody(request);
  if ('problem' in body) return body.problem;
  const parsed = validate(Reset, body.value);
  if ('problem' in parsed) return parsed.problem;
  const { username, code, password } = parsed.value;
  const weakness = guessedFirst(password, username);
  if (weakness !== undefined) return validationFailed([{ field: 'password', message: weakness }]);
  const done = await resets.use(username, code, password, request.address);
  switch (done.kind) {
    case 'reset':
      return { status: 204, logged: { message: 'password reset', user: done.userId } };
    case 'wrong':
      return {
        ...problem(
          'wrong_code',
          'There is no such code for this username: it was used, replaced by another one, or is over 24 hours old. Ask an operator for another one',
        ),
        logged: { message: 'reset of a password failed', fromAnybody: true },
      };
    case 'full':
      return storeFull(done.codeUsed ? 'the code is used up; ask an operator for another one' : 'nothing was changed');
    case 'unavailable':
      return storeUnavailable(
        'whether the password was set is not known yet; in a moment try to log in with it, and if that fails the code again',
      );
    case 'slowed':
      return slowed(done);
    case 'busy':
      return busy(done);
  }
}
