/**
 * Access tokens of programs: `alm_<id>_<secret>`. What a token may be used for is an event in its owner's stream, which every node folds
 * (domain/access-tokens.ts); the hash of its secret is in a private stream, read once and kept in memory.
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { AccessToken } from '../domain/access-tokens.js';
import type { Ability } from '../domain/fields.js';
import { accessTokenStream } from '../domain/streams.js';
import { type EventLog, NO_STREAM } from '../log/event-log.js';
import { NO_STATE, type StateStore } from '../log/state-store.js';
import type { Projection } from '../projections/projection.js';
import { accountEvent } from './account-events.js';
import { equal } from './hs256.js';
import type { UserStreams, Written } from './user-streams.js';

const PREFIX = 'alm_';
const TOKEN = /^alm_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})_([\w-]{43})$/;

/** 256 bits: nobody guesses one, so a plain hash of it is enough. */
const SECRET_BYTES = 32;

/** Tokens that one user may have at a time. */
export const TOKENS_PER_USER = 100;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Whether the text has the form of a program's token, not of a session's. */
export const isProgramToken = (token: string): boolean => token.startsWith(PREFIX);

/** Why a token with `types` opens no socket. */
export const NO_SOCKET =
  'This access token is limited to types of events, and a socket shows all: make one without "types", or read /events';

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('base64url');

export interface TokenWish {
  readonly name: string;
  readonly can: readonly Ability[];
  readonly pages: readonly string[] | undefined;
  readonly types: readonly string[] | undefined;
  readonly days: number;
}

export type TokenCreation =
  /** `text`: the token itself, which nobody can be shown again. */
  | { readonly kind: 'created'; readonly token: AccessToken; readonly text: string; readonly position: string }
  | { readonly kind: 'full' | 'unavailable' | 'too many' };

export interface ProgramTokensOptions {
  readonly log: EventLog;
  readonly states: StateStore;
  readonly projection: Projection;
  readonly streams: UserStreams;
}

export class ProgramTokens {
  readonly #options: ProgramTokensOptions;
  /** Hashes by token id. Only those of tokens that exist are read, so strangers cannot fill it. */
  readonly #hashes = new Map<string, string>();
  readonly #reading = new Map<string, Promise<void>>();
  /** The hour of a token's last use that this node has noted. */
  readonly #notedHours = new Map<string, string>();
  /** How many are being made, by user. */
  readonly #beingMade = new Map<string, number>();

  constructor(options: ProgramTokensOptions) {
    this.#options = options;
    const { projection } = options;
    projection.listen(({ recorded: { event }, isVoid, droppedTokens = [] }) => {
      // So that a socket, whose upgrade cannot wait, finds the hash.
      if (event.type === 'AccessTokenCreated' && !isVoid) this.#readSoon(event.data.token_id);
      for (const id of droppedTokens) {
        this.#hashes.delete(id);
        this.#notedHours.delete(id);
      }
    });
    for (const { id } of projection.live.accessTokens.all) this.#readSoon(id);
  }

  async create(userId: string, wish: TokenWish): Promise<TokenCreation> {
    const beingMade = this.#beingMade.get(userId) ?? 0;
    if (this.of(userId).length + beingMade >= TOKENS_PER_USER) return { kind: 'too many' };
    this.#beingMade.set(userId, beingMade + 1);
    try {
      return await this.#create(userId, wish);
    } finally {
      const left = (this.#beingMade.get(userId) ?? 1) - 1;
      if (left > 0) this.#beingMade.set(userId, left);
      else this.#beingMade.delete(userId);
    }
  }

  /** The hash is written first, so that every token that is listed can be used. */
  async #create(userId: string, { name, can, pages, types, days }: TokenWish): Promise<TokenCreation> {
    const { log, projection, streams } = this.#options;
    const { live, clock } = projection;
    const id = randomUUID();
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    const at = clock.at();
    const until = new Date(Date.parse(at) + days * DAY_MS).toISOString();
    const command = 'create_access_token';
    const set = await log.append(accessTokenStream(id), NO_STREAM, [
      accountEvent(userId, command, { type: 'AccessTokenSet', data: { hash: hashOf(secret) } }, at),
    ]);
    if (set.kind !== 'appended') return { kind: set.kind === 'full' ? 'full' : 'unavailable' };
    const data = {
      token_id: id,
      name,
      can: [...can],
      pages: pages ? [...pages] : null,
      types: types ? [...types] : null,
      until,
    };
    const written = await streams.append(userId, () =>
      accountEvent(userId, command, { type: 'AccessTokenCreated', data }, clock.at()),
    );
    if (written.kind !== 'written') return written;
    this.#hashes.set(id, hashOf(secret));
    const token = live.accessTokens.get(id);
    // Not folded yet, or deleted again.
    if (!token) return { kind: 'unavailable' };
    return { kind: 'created', token, text: `${PREFIX}${id}_${secret}`, position: written.position };
  }

  delete(userId: string, id: string): Promise<Written> {
    const { projection, streams } = this.#options;
    return streams.append(userId, () =>
      accountEvent(
        userId,
        'delete_access_token',
        { type: 'AccessTokenDeleted', data: { token_id: id } },
        projection.clock.at(),
      ),
    );
  }

  /** Oldest first, without those that have expired. */
  of(userId: string): AccessToken[] {
    const now = new Date().toISOString();
    return this.#options.projection.live.accessTokens.of(userId).filter(({ until }) => until > now);
  }

  /** The hour in which the token was last used (RFC 3339); undefined: never. Rejects with LogUnavailable. */
  async lastUsedAt(id: string): Promise<string | undefined> {
    const state = await this.#options.states.readState(id);
    const stored = (state?.value as { last_used_at?: string } | undefined)?.last_used_at;
    const noted = this.#notedHours.get(id);
    return noted !== undefined && (stored === undefined || noted > stored) ? noted : stored;
  }

  /** The token with this text; undefined if there is none, or if its hash has not been read yet (`prepare`). */
  tokenOf(text: string): AccessToken | undefined {
    const [, id, secret] = TOKEN.exec(text) ?? [];
    if (id === undefined || secret === undefined) return undefined;
    const token = this.#options.projection.live.accessTokens.get(id);
    const hash = token && this.#hashes.get(id);
    return hash !== undefined && equal(hashOf(secret), hash) ? token : undefined;
  }

  /** Reads the token's hash if there is such a token. Rejects with LogUnavailable. */
  prepare(text: string): Promise<void> | undefined {
    const [, id] = TOKEN.exec(text) ?? [];
    if (id === undefined || this.#hashes.has(id) || !this.#options.projection.live.accessTokens.get(id))
      return undefined;
    return this.#read(id);
  }

  /** Notes the hour. Nobody waits for it: a use that could not be noted is noted with the next hour. */
  used(id: string): void {
    const hour = new Date(Math.floor(Date.now() / HOUR_MS) * HOUR_MS).toISOString();
    if (this.#notedHours.get(id) === hour) return;
    this.#notedHours.set(id, hour);
    this.#note(id, hour).catch(() => undefined);
  }

  async #note(id: string, last_used_at: string): Promise<void> {
    const { states } = this.#options;
    const before = await states.readState(id);
    if ((before?.value as { last_used_at?: string } | undefined)?.last_used_at === last_used_at) return;
    await states.writeState(id, { last_used_at }, before?.fence ?? NO_STATE);
  }

  #readSoon(id: string): void {
    this.#read(id).catch(() => undefined);
  }

  #read(id: string): Promise<void> {
    const under = this.#reading.get(id);
    if (under) return under;
    const reading = this.#readNow(id).finally(() => this.#reading.delete(id));
    this.#reading.set(id, reading);
    return reading;
  }

  async #readNow(id: string): Promise<void> {
    const { log, projection } = this.#options;
    const found = await log.readPrivate(accessTokenStream(id));
    if (found?.type === 'AccessTokenSet' && projection.live.accessTokens.get(id)) this.#hashes.set(id, found.data.hash);
  }
}
