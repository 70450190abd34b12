/** The client's address behind proxies: the last address in X-Forwarded-For that no trusted proxy wrote for another proxy. */
import { BlockList, isIP } from 'node:net';

interface Headers {
  /** Names are in lower case. */
  forEach(line: (name: string, value: string) => void): void;
  /** '' if there is none. */
  getHeader(name: string): string;
}

/** Maximum number of reported addresses, each once: anybody can send the header. */
const REPORTED_LIMIT = 10;

/** The client's address, from the peer's address and the request's headers. */
export type ClientAddress = (peer: string, request: Headers) => string;

/** All lines of X-Forwarded-For joined as in RFC 9110: a proxy may add its line after one that the client wrote. */
function forwardedFor(request: Headers): string {
  const lines: string[] = [];
  request.forEach((name, value) => {
    if (name === 'x-forwarded-for') lines.push(value);
  });
  return lines.join(', ');
}

/**
 * Whether an address is that of a trusted proxy. `trusted`: addresses and networks (10.0.0.0/8). Throws an error with a sentence
 * for a value that is neither.
 */
export function trustedProxies(trusted: readonly string[]): (address: string) => boolean {
  const proxies = new BlockList();
  for (const entry of trusted) {
    const [address = '', prefix, ...more] = entry.split('/');
    const version = isIP(address);
    // Number('') would be 0, and trust every address.
    const bits = prefix === undefined ? undefined : /^(0|[1-9]\d{0,2})$/.test(prefix) ? Number(prefix) : NaN;
    if (
      version === 0 ||
      address.includes('%') ||
      more.length > 0 ||
      (bits !== undefined && !(bits <= (version === 4 ? 32 : 128)))
    ) {
      throw new Error(
        `${JSON.stringify(entry)} is neither an address nor a network: write 10.0.0.1, 10.0.0.0/8 or fd00::/8`,
      );
    }
    const family = version === 4 ? 'ipv4' : 'ipv6';
    if (bits === undefined) proxies.addAddress(address, family);
    else proxies.addSubnet(address, bits, family);
  }
  return (address) => isIP(address) !== 0 && proxies.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
}

/**
 * `trusted`: proxies whose header is trusted, as for trustedProxies. Other peers can write anything into it, so theirs is ignored;
 * `onUntrusted` is called once for each such peer that sends one.
 */
export function createClientAddress(
  trusted: readonly string[],
  onUntrusted: (peer: string) => void = () => undefined,
): ClientAddress {
  const isProxy = trustedProxies(trusted);
  const reported = new Set<string>();
  const report = (peer: string, request: Headers): void => {
    if (reported.size >= REPORTED_LIMIT || reported.has(peer) || request.getHeader('x-forwarded-for') === '') return;
    reported.add(peer);
    onUntrusted(peer);
  };
  return (peer, request) => {
    if (trusted.length === 0 || !isProxy(peer)) {
      report(peer, request);
      return peer;
    }
    const path = forwardedFor(request)
      .split(',')
      .map((address) => address.trim());
    // From the nearest hop outwards. A value that is not an address was not written by a trusted proxy.
    const client = path.findLast((address) => !isProxy(address));
    return client !== undefined && isIP(client) !== 0 ? client : peer;
  };
}
