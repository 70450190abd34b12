/** Names of users by their ids, asked for once each. Who may not be known is shown by a short id. */
import { getUser } from '@alarm-server/client';
import { signal } from '@preact/signals';
import { client } from './live.js';
import { SERVER, token } from './session.js';

const names = new Map<string, string>();
const asked = new Set<string>();
/** Changes when a name has arrived. */
const arrived = signal(0);

/** At once what is known, and the name as soon as it is there. */
export function nameOf(id: string): string {
  const known = heldName(id);
  if (known !== undefined) return known;
  if (!asked.has(id)) void ask(id);
  return shortId(id);
}

/** The same without asking: auditors read of people whom they share no page with, and the server names those to nobody. */
export const knownName = (id: string): string => heldName(id) ?? shortId(id);

function heldName(id: string): string | undefined {
  arrived.value;
  if (id === 'system') return 'the server';
  const user = client.peek()?.store.user;
  return user?.id === id ? user.username : names.get(id);
}

export const isMe = (id: string): boolean => client.peek()?.store.user?.id === id;

export const shortId = (id: string): string => id.slice(0, 8);

/** Somebody whose name came with another answer. */
export function learn(id: string, name: string): void {
  if (names.get(id) === name) return;
  names.set(id, name);
  arrived.value += 1;
}

async function ask(id: string): Promise<void> {
  asked.add(id);
  try {
    learn(id, (await getUser(SERVER, token(), id)).username);
  } catch {
    // Asked again a minute later at the earliest: somebody may become known by a share.
    setTimeout(() => asked.delete(id), 60_000);
  }
}

export function forgetNames(): void {
  names.clear();
  asked.clear();
}
