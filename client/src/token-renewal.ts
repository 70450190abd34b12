/** Renews the token of a live connection when the server announces its expiry. A failure is retried once in the token's remaining lifetime. */
import type { Credential } from './credential.js';
import type { Timers } from './timers.js';

export interface TokenRenewalOptions {
  readonly credential: Credential;
  readonly timers: Timers;
  readonly isLive: () => boolean;
  /** Gives the connection the new token. */
  readonly refresh: (token: string) => Promise<void>;
  /** Called with the error of each failed attempt. */
  readonly onError: (error: Error) => void;
}

export class TokenRenewal {
  readonly #options: TokenRenewalOptions;

  constructor(options: TokenRenewalOptions) {
    this.#options = options;
  }

  /** The token expires in this many seconds. */
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
