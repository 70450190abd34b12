/** Derives the addresses of the socket and of the HTTP API from the application's address. */

/** Throws TypeError, whose message shows no part of a token. */
function parsed(url: string): URL {
  if (!URL.canParse(url)) throw new TypeError('`url` is not a URL; it should be like http://127.0.0.1:8080');
  const address = new URL(url);
  if (!['http:', 'https:', 'ws:', 'wss:'].includes(address.protocol)) {
    throw new TypeError(`\`url\` begins with ${address.protocol} and should begin with http:, https:, ws: or wss:`);
  }
  address.hash = '';
  return address;
}

/**
 * The socket's address for a server's address: appends `/ws` to the path if it is missing, replaces http by ws and https by wss,
 * and adds `query`. Throws TypeError if `url` is not an address.
 */
export function socketAddress(url: string, query: Readonly<Record<string, string>>): string {
  const address = parsed(url);
  address.protocol = address.protocol.replace('http', 'ws');
  address.pathname = address.pathname.replace(/\/?(ws\/?)?$/, '/ws');
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
  return address.href;
}

/** The base address of the HTTP API, without a trailing slash. Throws TypeError if `url` is not an address. */
export function httpAddress(url: string): string {
  const address = parsed(url);
  address.protocol = address.protocol.replace('ws', 'http');
  return address.origin + address.pathname.replace(/\/?(ws\/?)?$/, '');
}
