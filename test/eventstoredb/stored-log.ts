/**
 * The state of the stand-in for EventStoreDB: one log in memory, and the rules by which it is appended to. It outlives the
 * server that shows it, so that a test can stop one and start it again.
 */

/** What the writer says the stream's last revision is. */
export type Expected = 'any' | 'no_stream' | 'stream_exists' | bigint;

export interface ProposedEvent {
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

export interface StoredEvent extends ProposedEvent {
  readonly stream: string;
  readonly revision: bigint;
  /** Commit and prepare position: bytes in the log, always equal to one another. */
  readonly position: bigint;
  /** Milliseconds since 1970. */
  readonly created: number;
}

export type AppendResult =
  | { readonly is: 'success'; readonly revision: bigint; readonly position: bigint | undefined }
  /** `current` is missing where the stream is. */
  | { readonly is: 'wrong expected version'; readonly current: bigint | undefined }
  | { readonly is: 'stream deleted' }
  | { readonly is: 'too large' }
  | { readonly is: 'bad request' };

/** Maximum bytes of an append: a server's default. */
export const MAX_APPEND_SIZE = 1024 * 1024;

/** Bytes that a record takes besides what it carries. The real number differs by version: positions are for comparing only. */
const RECORD_OVERHEAD = 100n;

interface Stream {
  readonly events: StoredEvent[];
  /** The first revision that is still shown: a soft delete raises it. */
  shownFrom: bigint;
  tombstoned: boolean;
}

export class StoredLog {
  readonly events: StoredEvent[] = [];
  readonly #streams = new Map<string, Stream>();
  readonly #listeners = new Set<() => void>();
  readonly #first: bigint;
  #end: bigint;

  /** @param firstPosition - Where the log begins, in bytes: over 2^53 to see whether positions are kept exactly. */
  constructor(firstPosition: bigint) {
    this.#first = this.#end = firstPosition;
  }

  /** All that it holds becomes these events, as those of a copy that was made earlier; it must not be served meanwhile. */
  putBack(events: readonly StoredEvent[]): void {
    this.events.splice(0, this.events.length, ...events);
    this.#streams.clear();
    for (const event of events) {
      const stream = this.#streams.get(event.stream);
      if (stream) stream.events.push(event);
      else this.#streams.set(event.stream, { events: [event], shownFrom: 0n, tombstoned: false });
    }
    const last = events.at(-1);
    this.#end = last ? last.position + sizeOf(last.stream, last) : this.#first;
  }

  /** The position that the next event gets. */
  get end(): bigint {
    return this.#end;
  }

  /** Calls the listener after each append, at once; returns what ends that. */
  onAppended(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  append(name: string, expected: Expected, proposed: readonly ProposedEvent[]): AppendResult {
    if (name === '' || proposed.some(({ type }) => type === '')) return { is: 'bad request' };
    if (
      proposed.reduce((sum, { type, data, metadata }) => sum + type.length + data.length + metadata.length, 0) >
      MAX_APPEND_SIZE
    )
      return { is: 'too large' };
    const stream = this.#streams.get(name);
    if (stream?.tombstoned) return { is: 'stream deleted' };
    if (proposed.length === 0) return { is: 'success', revision: 0n, position: undefined };
    return this.#judged(stream, expected, proposed) ?? this.#written(name, proposed);
  }

  /** The stream's events that are still shown, or undefined where there is none. */
  shown(name: string): readonly StoredEvent[] | undefined {
    const stream = this.#streams.get(name);
    if (!stream) return undefined;
    const shown = stream.events.slice(Number(stream.shownFrom));
    return shown.length > 0 ? shown : undefined;
  }

  isTombstoned(name: string): boolean {
    return this.#streams.get(name)?.tombstoned ?? false;
  }

  /** Hides what the stream holds; the next event goes on at the old revision. With `forGood` nothing can be appended any more. */
  delete(name: string, expected: Expected, forGood: boolean): AppendResult {
    const stream = this.#streams.get(name);
    if (stream?.tombstoned) return { is: 'stream deleted' };
    const current = currentRevision(stream);
    if (!agrees(stream, expected)) return { is: 'wrong expected version', current };
    if (!stream) return { is: 'wrong expected version', current };
    stream.shownFrom = BigInt(stream.events.length);
    stream.tombstoned = forGood;
    const marker = forGood ? '$streamDeleted' : '$metadata';
    return this.#written(forGood ? `$deleted-${name}` : `$$${name}`, [
      systemEvent(marker, { $tb: Number(stream.shownFrom) }),
    ]);
  }

  /** An answer without writing, where one is due: a repetition gets its original result, a wrong expectation its refusal. */
  #judged(
    stream: Stream | undefined,
    expected: Expected,
    proposed: readonly ProposedEvent[],
  ): AppendResult | undefined {
    const current = currentRevision(stream);
    const refusal: AppendResult = { is: 'wrong expected version', current };
    if (expected === 'stream_exists' && !stream) return refusal;
    // On a soft-deleted stream 'no stream' holds: writing goes on at the old revision.
    if (expected === 'no_stream' && stream && stream.shownFrom === BigInt(stream.events.length)) return undefined;
    if (expected === 'any' || expected === 'stream_exists') return repetition(stream, undefined, proposed) ?? undefined;
    const first = expected === 'no_stream' ? 0n : expected + 1n;
    if (first === BigInt(stream?.events.length ?? 0)) return undefined;
    return repetition(stream, first, proposed) ?? refusal;
  }

  #written(name: string, proposed: readonly ProposedEvent[]): AppendResult {
    let stream = this.#streams.get(name);
    if (!stream) this.#streams.set(name, (stream = { events: [], shownFrom: 0n, tombstoned: false }));
    let last: StoredEvent | undefined;
    for (const event of proposed) {
      last = {
        ...event,
        stream: name,
        revision: BigInt(stream.events.length),
        position: this.#end,
        created: Date.now(),
      };
      this.#end += sizeOf(name, event);
      stream.events.push(last);
      this.events.push(last);
    }
    for (const listener of this.#listeners) listener();
    return { is: 'success', revision: last!.revision, position: last!.position };
  }
}

/** Bytes that an event takes in the log. */
const sizeOf = (stream: string, { type, data, metadata }: ProposedEvent): bigint =>
  RECORD_OVERHEAD + BigInt(stream.length + type.length + data.length + metadata.length);

/** An event as the server itself writes them. */
export function systemEvent(type: string, data: unknown): ProposedEvent {
  return {
    id: crypto.randomUUID(),
    type,
    contentType: 'application/json',
    data: Buffer.from(JSON.stringify(data)),
    metadata: new Uint8Array(),
  };
}

function currentRevision(stream: Stream | undefined): bigint | undefined {
  return stream ? BigInt(stream.events.length) - 1n : undefined;
}

function agrees(stream: Stream | undefined, expected: Expected): boolean {
  if (expected === 'any') return true;
  if (expected === 'no_stream') return !stream;
  if (expected === 'stream_exists') return stream !== undefined;
  return currentRevision(stream) === expected;
}

/** The original result, if the stream holds exactly these events there already; a prefix that goes on with a new one is none. */
function repetition(
  stream: Stream | undefined,
  first: bigint | undefined,
  proposed: readonly ProposedEvent[],
): AppendResult | undefined {
  if (!stream) return undefined;
  const from = first ?? BigInt(stream.events.findIndex(({ id }) => id === proposed[0]!.id));
  if (from < 0n) return undefined;
  const held = stream.events.slice(Number(from), Number(from) + proposed.length);
  const same = held.length === proposed.length && held.every(({ id }, index) => id === proposed[index]!.id);
  const last = held.at(-1);
  if (same && last) return { is: 'success', revision: last.revision, position: last.position };
  return first === undefined ? { is: 'wrong expected version', current: currentRevision(stream) } : undefined;
}
