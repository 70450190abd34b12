/** The client that an address is counted as when failed logins are counted. */
import { isIPv6 } from 'node:net';

const HEXTETS = 8;

/**
 * IPv4: the address. IPv6: its /64, the smallest network that one customer gets (RFC 6177); they can use any address within it.
 * IPv4 written as IPv6 (::ffff:1.2.3.4) is the IPv4 address. Any other text is returned unchanged.
 */
export function clientOf(address: string): string {
  if (!isIPv6(address)) return address;
  const hextets = hextetsOf(address);
  const mapped = hextets.slice(0, 5).every((hextet) => hextet === 0) && hextets[5] === 0xffff;
  if (mapped)
    return hextets
      .slice(6)
      .flatMap((hextet) => [hextet >> 8, hextet & 0xff])
      .join('.');
  return `${hextets
    .slice(0, 4)
    .map((hextet) => hextet.toString(16))
    .join(':')}::/64`;
}

/** The eight numbers of a valid IPv6 address, in any notation. */
function hextetsOf(address: string): number[] {
  const spelled = address
    .replace(/%.*$/, '')
    .replace(
      /(\d+)\.(\d+)\.(\d+)\.(\d+)$/,
      (_, a: string, b: string, c: string, d: string) => `${hex(a, b)}:${hex(c, d)}`,
    );
  const [head = '', tail] = spelled.split('::');
  const left = numbers(head);
  if (tail === undefined) return left;
  const right = numbers(tail);
  return [...left, ...Array<number>(HEXTETS - left.length - right.length).fill(0), ...right];
}

const numbers = (part: string): number[] =>
  part === '' ? [] : part.split(':').map((hextet) => Number.parseInt(hextet, 16));
const hex = (high: string, low: string): string => (Number(high) * 256 + Number(low)).toString(16);
