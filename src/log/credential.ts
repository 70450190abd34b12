/** The content of a private stream, which holds password hashes alone. */
import type { CredentialSet } from '../domain/events.js';
import type { RecordedEvent } from './event-log.js';

type Stored = Readonly<Record<'type' | 'data', unknown>>;

/** A private stream's event was decoded by the schema of its type (event-codec.ts), so the type says what the data are. */
const isCredential = (event: Stored): event is CredentialSet => event.type === 'CredentialSet';

/** The credential with its revision. Throws for an event of any other type. */
export function credentialOf({
  event,
  revision,
  stream,
}: RecordedEvent): CredentialSet & { readonly revision: number } {
  const stored: Stored = event;
  if (!isCredential(stored)) throw new Error(`${stream} holds a ${event.type}, where only CredentialSet can be`);
  return { ...stored, revision };
}
