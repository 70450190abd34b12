/** The addresses of clients behind the proxies that the configuration names. */
import type { Logger } from 'pino';
import { type ClientAddress, createClientAddress } from './net/trusted-proxies.js';

/** Throws with a sentence if an entry is not an address. */
export function clientAddressBehind(trusted: readonly string[], logger: Logger): ClientAddress {
  try {
    return createClientAddress(trusted, (address) =>
      logger.warn(
        { address },
        'A request came with X-Forwarded-For from an address that is not in TRUSTED_PROXIES: the header was ignored, and all clients behind that address share its limits. If it is your proxy, add it to TRUSTED_PROXIES',
      ),
    );
  } catch (error) {
    throw new Error(`TRUSTED_PROXIES: ${(error as Error).message}`);
  }
}
