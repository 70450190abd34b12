/** The credential of a connection: a token or a ticket from the application, requested again for each connection. */
import { renewToken } from './account.js';
import { httpAddress } from './addresses.js';
import { AlarmServerError } from './errors.js';
import { request } from './http.js';
import { checkToken } from './outgoing.js';

export type Source = () => string | Promise<string>;

/** At least one of the two. */
export interface CredentialOptions {
  /** From `login`, or a function that returns a fresh one; it is called for each connection, and when the token is about to expire. */
  readonly token?: string | Source;
  /** Returns a single-use ticket (`requestTicket`) for each connection, so that no token is in the socket's address. */
  readonly ticket?: Source;
}

/** Whether it is an access token of a program, which POST /token does not renew. */
const isOfProgram = (token: string): boolean => token.startsWith('alm_');

export class Credential {
  /** The server's address for HTTP. */
  readonly url: string;
  readonly #ticket: Source | undefined;
  #token: string | Source | undefined;
  /** The token that the last connection was opened with. Undefined: a ticket. */
  #used: string | undefined;

  constructor(url: string, { token, ticket }: CredentialOptions) {
    if (token === undefined && ticket === undefined) throw new TypeError('a `token` or a `ticket` is required');
    this.url = httpAddress(url);
    this.#token = token;
    this.#ticket = ticket;
  }

  /**
   * The authenticating part of the socket's address. Rejects as the application's function does, and with NotSentError for a value
   * that cannot be a token.
   */
  async query(): Promise<Readonly<Record<string, string>>> {
    if (this.#ticket) return { ticket: checkToken(await this.#ticket(), 'ticket') };
    this.#used = checkToken(typeof this.#token === 'function' ? await this.#token() : this.#token, 'token');
    return { token: this.#used };
  }

  /**
   * A token that is valid longer: from the application's function, or from POST /token for a token given as text. Undefined: there
   * is only a ticket. An access token of a program ends with its time.
   */
  async renewed(): Promise<string | undefined> {
    if (typeof this.#token === 'function') return this.#token();
    if (this.#token !== undefined && isOfProgram(this.#token)) return undefined;
    if (this.#token !== undefined) this.#token = await renewToken(this.url, this.#token);
    return this.#token;
  }

  /** A token for a request over HTTP. Rejects with TypeError if there are only tickets. */
  readonly bearer = async (): Promise<string> => {
    if (this.#token === undefined) throw new TypeError('a `token` is required: a ticket opens a socket only');
    return typeof this.#token === 'function' ? this.#token() : this.#token;
  };

  /** Replaces a token given as text, which may be invalid now (after a password change). A function returns its own. */
  replace(token: string): void {
    if (typeof this.#token === 'string') this.#token = token;
  }

  /**
   * Whether the server refuses the token of the last connection, requested over HTTP, because a browser does not report why a
   * handshake failed. `unknown`: no response said so. (In a web page of an origin that the server does not allow, the browser hides
   * the response.) `ticket`: it is for one use, and the next one may be valid.
   */
  async verdict(): Promise<'good' | 'refused' | 'unknown' | 'ticket'> {
    if (this.#used === undefined) return 'ticket';
    try {
      await request(this.url, 'GET', '/me', { token: this.#used, timeoutMs: 5_000 });
      return 'good';
    } catch (error) {
      return error instanceof AlarmServerError && error.status === 401 ? 'refused' : 'unknown';
    }
  }
}
