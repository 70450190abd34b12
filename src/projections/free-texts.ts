/**
 * Opens and seals people's free text. Each node has the key of every author in memory, read from the private streams of the log
 * (docs/decisions/0029-how-free-text-is-erased.md).
 */
import { randomUUID } from 'node:crypto';
import { SYSTEM_ID } from '../domain/authorization.js';
import { type DomainEvent, eventVersions, type PrivateEvent } from '../domain/events.js';
import { openedJson, partsOf, type Sealed } from '../domain/free-text.js';
import { textKeyStream } from '../domain/streams.js';
import { type TextKeys, textOf } from '../domain/text-keys.js';
import { type EventLog, LogUnavailable, type NewEvent, NO_STREAM, type RecordedEvent } from '../log/event-log.js';
import { fingerprint, newSecret, open, seal, type TextKey } from './text-cipher.js';

/** How often others may write to the stream of a user's keys in between. */
const ATTEMPTS = 5;

/** How long to wait before a key is read again when the store did not answer, in milliseconds. */
const READ_AGAIN_MS = 250;

/** Keys read at the same time. */
const READ_AT_ONCE = 50;

/** What is known of the last event in the stream of a user's keys. `secret` undefined: it was destroyed. */
interface LastKey {
  readonly revision: number;
  readonly secret: Buffer | undefined;
}

export type Prepared = 'ready' | 'full' | 'unavailable';

export type Destroyed = 'destroyed' | 'full' | 'unavailable';

/** The parts of the log and of the live state that it uses. */
export interface FreeTextsParts {
  readonly log: Pick<EventLog, 'append' | 'readPrivate' | 'overwrite'>;
  readonly keys: TextKeys;
  /** The log's time, RFC 3339. */
  readonly at: () => string;
}

export class FreeTexts {
  readonly #parts: FreeTextsParts;
  /** By user id. */
  readonly #last = new Map<string, LastKey>();
  readonly #opened = (sealed: string): string | null => this.text(sealed);
  #closed = false;

  constructor(parts: FreeTextsParts) {
    this.#parts = parts;
  }

  /** Reads the keys of all authors, and destroys those that were to be destroyed when a node stopped. Resolves when they are read. */
  async load(): Promise<void> {
    const users = [...this.#parts.keys.states.keys()];
    for (let at = 0; at < users.length; at += READ_AT_ONCE)
      await Promise.all(users.slice(at, at + READ_AT_ONCE).map((userId) => this.#readPatiently(userId)));
    for (const [userId, { erased }] of this.#parts.keys.states) {
      const last = this.#last.get(userId);
      // Should the store not take it now, the next start does it. Nobody is shown the text meanwhile.
      if (last?.secret && last.revision <= erased) void this.destroy(userId, erased);
    }
  }

  close(): void {
    this.#closed = true;
  }

  /** The JSON with each sealed text replaced by what it says, or null. The same string if there is none. */
  open(json: string): string {
    return openedJson(json, this.#opened);
  }

  /** The text; null if its key is gone. */
  text(sealed: string): string | null {
    const parts = partsOf(sealed);
    if (!parts || parts.key <= this.#parts.keys.of(parts.userId).erased) return null;
    const key = this.#keyOf(parts.userId);
    return key?.key === parts.key ? open(key, sealed) : null;
  }

  /** Whether the user's text can be sealed at once; otherwise `prepare` first. */
  isReady(userId: string): boolean {
    return this.#usable(userId) !== undefined;
  }

  /** Makes the user a key if they have none. */
  async prepare(userId: string): Promise<Prepared> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      try {
        await this.#read(userId);
      } catch (error) {
        if (error instanceof LogUnavailable) return 'unavailable';
        throw error;
      }
      if (this.isReady(userId)) return 'ready';
      const secret = newSecret();
      const last = this.#last.get(userId)?.revision ?? NO_STREAM;
      // A key that was to be destroyed is destroyed with it.
      const appended = await this.#parts.log.overwrite(textKeyStream(userId), last, this.#keyEvent(secret));
      if (appended.kind === 'full') return 'full';
      if (appended.kind === 'unknown') return 'unavailable';
      // After a conflict another node's key is read.
      if (appended.kind === 'appended') this.#note(userId, appended.revision, secret);
    }
    return this.isReady(userId) ? 'ready' : 'unavailable';
  }

  /** The function that seals the user's texts; undefined without a key. It seals with the same key if that is destroyed meanwhile. */
  sealer(userId: string): ((text: string) => Sealed) | undefined {
    const key = this.#usable(userId);
    return key && ((text) => seal(key, text));
  }

  /** What stands for the text where its hash is kept; undefined without a key. */
  fingerprint(userId: string, text: string): string | undefined {
    const key = this.#usable(userId);
    return key && fingerprint(key, text);
  }

  /** Revision of the user's key that is not erased yet; undefined if there is none. Rejects with LogUnavailable. */
  async keyToErase(userId: string): Promise<number | undefined> {
    await this.#read(userId);
    return this.#keyOf(userId)?.key;
  }

  /** Destroys the user's keys up to this revision. Call it when their erasure is durable. */
  async destroy(userId: string, upTo: number): Promise<Destroyed> {
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        await this.#read(userId);
        const last = this.#last.get(userId);
        if (!last?.secret || last.revision > upTo) return 'destroyed';
        const appended = await this.#parts.log.overwrite(textKeyStream(userId), last.revision, this.#keyEvent(null));
        if (appended.kind === 'appended') this.#note(userId, appended.revision, null);
        if (appended.kind === 'full') return 'full';
        if (appended.kind === 'unknown') return 'unavailable';
      }
    } catch (error) {
      if (!(error instanceof LogUnavailable)) throw error;
    }
    return 'unavailable';
  }

  /** Whether a text in these events needs a key that has to be read first. */
  lacksKeyFor(events: readonly RecordedEvent[]): boolean {
    return events.some(({ event }) => this.#authorToRead(event) !== undefined);
  }

  /** Reads the keys that texts in these events need. */
  async readKeysFor(events: readonly RecordedEvent[]): Promise<void> {
    for (const { event } of events) {
      const userId = this.#authorToRead(event);
      if (userId === undefined) continue;
      await this.#readPatiently(userId);
      // A key stream that does not reach that far was lost with the key.
      const key = partsOf(textOf(event)?.sealed ?? '')?.key ?? 0;
      if ((this.#last.get(userId)?.revision ?? NO_STREAM) < key) this.#note(userId, key, null);
    }
  }

  #authorToRead(event: DomainEvent): string | undefined {
    const text = textOf(event);
    const parts = text && partsOf(text.sealed);
    if (!parts || parts.key <= this.#parts.keys.of(parts.userId).erased) return undefined;
    const last = this.#last.get(parts.userId);
    return last === undefined || last.revision < parts.key ? parts.userId : undefined;
  }

  #keyOf(userId: string): TextKey | undefined {
    const last = this.#last.get(userId);
    return last?.secret && { userId, key: last.revision, secret: last.secret };
  }

  /** The user's key, if what is written with it is not erased. */
  #usable(userId: string): TextKey | undefined {
    const key = this.#keyOf(userId);
    return key && key.key > this.#parts.keys.of(userId).erased ? key : undefined;
  }

  async #readPatiently(userId: string): Promise<void> {
    for (;;) {
      try {
        return await this.#read(userId);
      } catch (error) {
        if (!(error instanceof LogUnavailable)) throw error;
        if (this.#closed) return;
        await new Promise((resolve) => setTimeout(resolve, READ_AGAIN_MS));
      }
    }
  }

  async #read(userId: string): Promise<void> {
    const last = await this.#parts.log.readPrivate(textKeyStream(userId));
    if (last?.type === 'TextKeySet') this.#note(userId, last.revision, last.data.key);
  }

  #note(userId: string, revision: number, secret: string | null): void {
    // Reads may come back in another order than they were asked for.
    if (revision < (this.#last.get(userId)?.revision ?? NO_STREAM)) return;
    this.#last.set(userId, { revision, secret: secret === null ? undefined : Buffer.from(secret, 'base64') });
  }

  #keyEvent(key: string | null): NewEvent {
    const event: PrivateEvent = { type: 'TextKeySet', data: { key } };
    const metadata = {
      at: this.#parts.at(),
      by: SYSTEM_ID,
      via: SYSTEM_ID,
      command: 'set_text_key',
      key: randomUUID(),
      v: eventVersions.TextKeySet,
    };
    return { id: randomUUID(), event, metadata };
  }
}
