/** From the address an application gives to those of the socket and of the HTTP API. */

/** Throws TypeError, in words that show no part of a token. */
function parsed(url: string): URL {
  if (!URL.canParse(url)) throw new TypeError('`url` is no URL; it should be like http://127.0.0.1:8080');
  const address = new URL(url);
  if (!['http:', 'https:', 'ws:', 'wss:'].includes(address.protocol)) {
    throw new TypeError(`\`url\` begins with ${address.protocol} and should begin with http:, https:, ws: or wss:`);
  }
  address.hash = '';
  return address;
}

/**
 * The socket's address for a server's: `/ws` is appended to the path where it is missing, http becomes ws, https wss; `query` is added.
 * Throws TypeError where `url` is no address.
 */
export function socketAddress(url: string, query: Readonly<Record<string, string>>): string {
  const address = parsed(url);
  address.protocol = address.protocol.replace('http', 'ws');
  address.pathname = address.pathname.replace(/\/?(ws\/?)?$/, '/ws');
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
  return address.href;
}

/** The address that the paths of the HTTP API follow, without a slash at its end. Throws TypeError where `url` is no address. */
export function httpAddress(url: string): string {
  const address = parsed(url);
  address.protocol = address.protocol.replace('ws', 'http');
  return address.origin + address.pathname.replace(/\/?(ws\/?)?$/, '');
}
