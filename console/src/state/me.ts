/** What the user may do on this server beside their pages. */
import { me } from '@alarm-server/client';
import { effect, signal } from '@preact/signals';
import { connection } from './live.js';
import { SERVER, session, token } from './session.js';

export const isOperator = signal(false);
/** Undefined before the server has said it. */
export const isAuditor = signal<boolean>();

/** After a question that was not answered, in ms. */
const AGAIN_MS = 5_000;
const again = signal(0);

/** Asked once for each session: a role that is given later shows after the next sign-in, and the server decides in any case. */
export function followRoles(): void {
  let asked: string | undefined;
  effect(() => {
    again.value;
    const user = session.value?.username;
    if (user === undefined) {
      asked = undefined;
      isOperator.value = false;
      isAuditor.value = undefined;
    } else if (asked !== user && connection.value.state === 'live') {
      asked = user;
      me(SERVER, token()).then(
        ({ roles = [] }) => {
          isOperator.value = roles.includes('operator');
          isAuditor.value = roles.includes('auditor');
        },
        () =>
          setTimeout(() => {
            asked = undefined;
            again.value += 1;
          }, AGAIN_MS),
      );
    }
  });
}
