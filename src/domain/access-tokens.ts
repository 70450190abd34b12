/** The access tokens of programs: what each may be used for, and until when. Their hashes are in private streams. */
import type { Metadata, UserEvent } from './events.js';
import type { Ability } from './fields.js';

export interface AccessToken {
  readonly id: string;
  /** Whose rights it uses. */
  readonly user_id: string;
  readonly name: string;
  readonly can: ReadonlySet<Ability>;
  /** Ids of the pages it is limited to; undefined: all that its owner may see. */
  readonly pages: ReadonlySet<string> | undefined;
  /** Types of the events it is limited to; undefined: all. */
  readonly types: ReadonlySet<string> | undefined;
  /** RFC 3339, UTC, ms, here as below. */
  readonly created_at: string;
  /** It is not valid from this moment on. */
  readonly until: string;
}

type TokenEvent = Extract<UserEvent, { type: 'AccessTokenCreated' | 'AccessTokenDeleted' }>;

export class AccessTokens {
  readonly #tokens = new Map<string, AccessToken>();
  readonly #ofUser = new Map<string, Set<string>>();

  get all(): Iterable<AccessToken> {
    return this.#tokens.values();
  }

  get(id: string): AccessToken | undefined {
    return this.#tokens.get(id);
  }

  /** Oldest first, those that have expired included. */
  of(userId: string): AccessToken[] {
    const tokens = Array.from(this.#ofUser.get(userId) ?? []).flatMap((id) => this.#tokens.get(id) ?? []);
    return tokens.sort((a, b) => (a.created_at + a.id < b.created_at + b.id ? -1 : 1));
  }

  /** Returns the ids of the user's tokens that are gone: the deleted one; after a creation, those that had expired by then. */
  fold(userId: string, event: TokenEvent, { at }: Pick<Metadata, 'at'>): string[] {
    const { token_id } = event.data;
    if (event.type === 'AccessTokenDeleted')
      return this.#tokens.get(token_id)?.user_id === userId ? [this.#remove(token_id)] : [];
    const expired = this.of(userId).filter(({ until }) => until <= at);
    const { name, can, pages, types, until } = event.data;
    const gone = expired.map(({ id }) => this.#remove(id));
    this.add({
      id: token_id,
      user_id: userId,
      name,
      can: new Set(can),
      pages: pages ? new Set(pages) : undefined,
      types: types ? new Set(types) : undefined,
      created_at: at,
      until,
    });
    return gone;
  }

  /** Behind all that were added before it. */
  add(token: AccessToken): void {
    this.#tokens.set(token.id, token);
    const others = this.#ofUser.get(token.user_id);
    if (others) others.add(token.id);
    else this.#ofUser.set(token.user_id, new Set([token.id]));
  }

  #remove(id: string): string {
    const userId = this.#tokens.get(id)?.user_id ?? '';
    this.#tokens.delete(id);
    const others = this.#ofUser.get(userId);
    if (others?.delete(id) && others.size === 0) this.#ofUser.delete(userId);
    return id;
  }
}
