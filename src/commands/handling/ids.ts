/** Ids derived from a command's own id, so that the same command sent again creates the same events and entities. */
import { createHash, randomUUID } from 'node:crypto';
import { v5 } from 'uuid';

/** Key of a command with a client id. Each user has their own id space. */
export const commandKey = (userId: string, clientId: string): string => v5(clientId, userId);

/** Key of a command without an id: a repeat of it is not recognised. */
export const freshKey = (): string => randomUUID();

/** Id of the page, alarm or group that the command creates. */
export const entityId = (key: string): string => v5('entity', key);

/** SHA-256 of a command's validated content, hex: the same over socket and HTTP. */
export const contentHash = (kind: string, payload: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify([kind, payload]))
    .digest('hex');
