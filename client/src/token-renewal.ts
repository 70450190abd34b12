/** Renews the token of a live connection when the server says that it ends. Tried again once in what is left of the token's life. */
import type { Credential } from './credential.js';
import type { Timers } from './timers.js';

export interface TokenRenewalOptions {
  readonly credential: Credential;
  readonly timers: Timers;
  readonly isLive: () => boolean;
  /** Gives the connection the new token. */
  readonly refresh: (token: string) => Promise<void>;
  /** Told of each try that failed. */
  readonly onError: (error: Error) => void;
}

export class TokenRenewal {
  readonly #options: TokenRenewalOptions;

  constructor(options: TokenRenewalOptions) {
    this.#options = options;
  }

  /** The token ends in so many seconds. */
  expiring(expiresInS: number, isLastTry = false): void {
    const { timers, isLive, onError } = this.#options;
    this.#renew().catch((error: unknown) => {
      onError(error as Error);
      if (!isLastTry) timers.setTimeout(() => isLive() && this.expiring(expiresInS, true), expiresInS * 500);
    });
  }

  async #renew(): Promise<void> {
    const { credential, isLive, refresh } = this.#options;
    const token = await credential.renewed();
    if (token !== undefined && isLive()) await refresh(token);
  }
}
