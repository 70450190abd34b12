/** What a connection is opened with: a token or a ticket, as the application gives it, asked for anew each time. */
import { renewToken } from './account.js';
import { httpAddress } from './addresses.js';
import { AlarmServerError } from './errors.js';
import { request } from './http.js';
import { checkToken } from './outgoing.js';

export type Source = () => string | Promise<string>;

/** One of the two at least. */
export interface CredentialOptions {
  /** From `login`, or a function that gives a fresh one; it is called for each connection, and when the token is about to end. */
  readonly token?: string | Source;
  /** Gives a single-use ticket (`requestTicket`) for each connection: then no token is in the socket's address. */
  readonly ticket?: Source;
}

export class Credential {
  readonly #url: string;
  readonly #ticket: Source | undefined;
  #token: string | Source | undefined;
  /** The token that the last connection was opened with. Undefined: a ticket. */
  #used: string | undefined;

  constructor(url: string, { token, ticket }: CredentialOptions) {
    if (token === undefined && ticket === undefined) throw new TypeError('give a `token` or a `ticket`');
    this.#url = httpAddress(url);
    this.#token = token;
    this.#ticket = ticket;
  }

  /** The part of the socket's address that says who one is. Rejects as the application's function does, and with NotSentError for what can be no token. */
  async query(): Promise<Readonly<Record<string, string>>> {
    if (this.#ticket) return { ticket: checkToken(await this.#ticket(), 'ticket') };
    this.#used = checkToken(typeof this.#token === 'function' ? await this.#token() : this.#token, 'token');
    return { token: this.#used };
  }

  /** A token that lives longer: from the application's function, or for a token of text from POST /token. Undefined: there is only a ticket. */
  async renewed(): Promise<string | undefined> {
    if (typeof this.#token === 'function') return this.#token();
    if (this.#token !== undefined) this.#token = await renewToken(this.#url, this.#token);
    return this.#token;
  }

  /** Takes the place of a token of text, which may be worthless now (after a change of the password). A function gives its own. */
  replace(token: string): void {
    if (typeof this.#token === 'string') this.#token = token;
  }

  /**
   * Whether the server refuses the token of the last connection, asked over HTTP, since a browser does not tell why a handshake failed. `unknown`: there was no
   * answer that says so. (In a web page of another origin that the server does not allow, the browser shows none.) `ticket`: it is for one use, and the next one may be good.
   */
  async verdict(): Promise<'good' | 'refused' | 'unknown' | 'ticket'> {
    if (this.#used === undefined) return 'ticket';
    try {
      await request(this.#url, 'GET', '/me', { token: this.#used, timeoutMs: 5_000 });
      return 'good';
    } catch (error) {
      return error instanceof AlarmServerError && error.status === 401 ? 'refused' : 'unknown';
    }
  }
}
