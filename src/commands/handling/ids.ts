/** The ids that follow from a command's own, so that the same command sent again makes the same events and entities. */
import { createHash, randomUUID } from 'node:crypto';
import { v5 } from 'uuid';

/** Key of the command that the user's client gave this id: an id is a user's own. */
export const commandKey = (userId: string, clientId: string): string => v5(clientId, userId);

/** Key of a command without an id: it cannot be recognised when sent again. */
export const freshKey = (): string => randomUUID();

/** Id of the page, alarm or group that the command makes. */
export const entityId = (key: string): string => v5('entity', key);

/** SHA-256 of a command's validated content, hex: the same over socket and HTTP. */
export const contentHash = (kind: string, payload: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify([kind, payload]))
    .digest('hex');
