/**
 * Names of users by their ids. The server tells a name to those who share a page or a group with the user; anybody else is somebody with
 * a short id. Auditors find names by what they read. Groups are named to those who are in them, and to auditors.
 */
import { AlarmServerError, auditedGroup, findUserById, listGroups, userAccess } from '@alarm-server/client';
import { signal } from '@preact/signals';
import { client, sharesChanged } from './live.js';
import { patiently } from './patience.js';
import { SERVER, token } from './session.js';

const names = new Map<string, string>();
const asked = new Set<string>();
/** Id → the value of `sharesChanged` when the server did not know of the user: asked again once somebody may have become known by a share. */
const unknown = new Map<string, number>();
/** Changes when a name, or that there is none, has arrived. */
const arrived = signal(0);

/** After a question that was not answered, in ms. */
const AGAIN_MS = 10_000;

/** The name; "…" until it has arrived; somebody, where the server does not tell it. `isAudited`: it is asked for as auditors do. */
export function nameOf(id: string, isAudited = false): string {
  arrived.value;
  if (id === 'system') return 'the server';
  const user = client.peek()?.store.user;
  const known = user?.id === id ? user.username : names.get(id);
  if (known !== undefined) return known;
  const isUnknown = unknown.get(id) === sharesChanged.value;
  if (!isUnknown && !asked.has(id)) void ask(id, () => askedName(id, isAudited));
  return unknown.has(id) ? `somebody (${shortId(id)})` : '…';
}

/** The same without asking, for long lists. */
export function knownNameOf(id: string): string {
  arrived.value;
  return id === 'system' ? 'the server' : (names.get(id) ?? `somebody (${shortId(id)})`);
}

/** Why somebody has no name here; undefined where they have one. */
export const whyNameless = (id: string): string | undefined => {
  arrived.value;
  return unknown.has(id) && !names.has(id)
    ? `You share no page and no group with them now, so their name is not told to you. Their id: ${id}`
    : undefined;
};

export const isMe = (id: string): boolean => client.peek()?.store.user?.id === id;

export const shortId = (id: string): string => id.slice(0, 8);

/** Somebody, or a group, whose name came with another answer. */
export function learn(id: string, name: string): void {
  if (names.get(id) === name) return;
  names.set(id, name);
  arrived.value += 1;
}

/** What an auditor reads is on record. Undefined where the server tells no name. */
const askedName = async (id: string, isAudited: boolean): Promise<string | undefined> =>
  isAudited
    ? (await patiently(() => userAccess(SERVER, token(), id))).user.username
    : (await patiently(() => findUserById(SERVER, token(), id)))?.username;

async function ask(id: string, question: () => Promise<string | undefined>): Promise<void> {
  asked.add(id);
  try {
    const name = await question();
    asked.delete(id);
    if (name !== undefined) return learn(id, name);
    unknown.set(id, sharesChanged.peek());
    arrived.value += 1;
  } catch {
    setTimeout(() => {
      asked.delete(id);
      arrived.value += 1;
    }, AGAIN_MS);
  }
}

let groupsAsked = -1;

/** The group's name; undefined until it has arrived, and where one is not in it. `isAudited`: it is asked for as auditors do. */
export function knownGroup(id: string, isAudited = false): string | undefined {
  arrived.value;
  const known = names.get(id);
  if (known !== undefined) return known;
  if (!isAudited) {
    if (groupsAsked !== sharesChanged.value) void askGroups();
  } else if (unknown.get(id) !== sharesChanged.value && !asked.has(id)) void ask(id, () => askedGroup(id));
  return undefined;
}

/** The same, or a group with a short id. */
export const groupNameOf = (id: string, isAudited = false): string =>
  knownGroup(id, isAudited) ?? `a group (${shortId(id)})`;

/** Undefined where there never was such a group, as a share without effect may name one. */
async function askedGroup(id: string): Promise<string | undefined> {
  try {
    return (await patiently(() => auditedGroup(SERVER, token(), id))).group.name;
  } catch (error) {
    if (error instanceof AlarmServerError && error.status === 404) return undefined;
    throw error;
  }
}

async function askGroups(): Promise<void> {
  groupsAsked = sharesChanged.peek();
  try {
    for (const { id, name } of await listGroups(SERVER, token())) learn(id, name);
  } catch {
    // Its short id stays.
  }
}

export function forgetNames(): void {
  names.clear();
  asked.clear();
  unknown.clear();
  groupsAsked = -1;
}
