/** The id of a user whose name a person has typed. */
import { findUser } from '@alarm-server/client';
import { learn } from './names.js';
import { SERVER, token } from './session.js';

/** Undefined without a name. Rejects where there is no such user. */
export async function userIdOf(name: string | undefined): Promise<string | undefined> {
  if (name === undefined) return undefined;
  const user = await findUser(SERVER, token(), name);
  if (!user) throw new Error(`There is no user with the name ${name}.`);
  learn(user.id, user.username);
  return user.id;
}
