/** What the user may do on this server beside their pages. */
import { me } from '@alarm-server/client';
import { effect, signal } from '@preact/signals';
import { connection } from './live.js';
import { SERVER, session, token } from './session.js';

export const isOperator = signal(false);
/** Undefined before the server has said it. */
export const isAuditor = signal<boolean>();

/** Asked once for each session: a role that is given later shows after the next sign-in, and the server decides in any case. */
export function followRoles(): void {
  let asked: string | undefined;
  effect(() => {
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
        () => (asked = undefined),
      );
    }
  });
}
