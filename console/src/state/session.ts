/** Who is signed in, in this tab: the token in sessionStorage, its renewal, and signing out in all tabs. */
import { type Credentials, login, logout, register, renewToken } from '@alarm-server/client';
import { signal } from '@preact/signals';

export interface Session {
  readonly username: string;
  readonly token: string;
}

/** The server that served this page. */
export const SERVER = window.location.origin;
const KEY = 'alarm-console.session';
const tabs = new BroadcastChannel('alarm-console');

export const session = signal<Session | undefined>(stored());

/** Why there is no session any more, as a sentence. Undefined: nobody was signed in, or they signed out. */
export const endedBecause = signal<string | undefined>(undefined);

function stored(): Session | undefined {
  try {
    const text = sessionStorage.getItem(KEY);
    return text === null ? undefined : (JSON.parse(text) as Session);
  } catch {
    return undefined;
  }
}

function keep(next: Session | undefined): void {
  if (next) sessionStorage.setItem(KEY, JSON.stringify(next));
  else sessionStorage.removeItem(KEY);
  session.value = next;
}

/** Rejects with AlarmServerError if name and password do not match. */
export async function signIn(credentials: Credentials): Promise<void> {
  const token = await login(SERVER, credentials);
  endedBecause.value = undefined;
  keep({ username: credentials.username, token });
}

/** Makes an account and signs in. `code`: of an invitation, where registration needs one. */
export async function signUp(credentials: Credentials & { readonly code?: string }): Promise<void> {
  await register(SERVER, credentials);
  await signIn(credentials);
}

/** The session has ended on the server, or its token. What is on the screen stays: the person may sign in again and go on. */
export function sessionEnded(why: string): void {
  if (!session.value) return;
  endedBecause.value = why;
  keep(undefined);
}

/** Ends the session here and in the other tabs. */
export async function signOut(): Promise<void> {
  tabs.postMessage('sign-out');
  await leave();
}

async function leave(): Promise<void> {
  const token = session.value?.token;
  endedBecause.value = undefined;
  keep(undefined);
  // The session ends at its time where the server cannot be reached now.
  if (token !== undefined) await logout(SERVER, token).catch(() => undefined);
}

tabs.addEventListener('message', ({ data }) => {
  if (data === 'sign-out') void leave();
});

/** The token of the session, for a request. */
export function token(): string {
  if (!session.value) throw new Error('Nobody is signed in');
  return session.value.token;
}

/** A token that is valid longer, kept for what follows. */
export async function renewed(): Promise<string> {
  const next = await renewToken(SERVER, token());
  if (session.value) keep({ ...session.value, token: next });
  return next;
}
