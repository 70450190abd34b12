/** Addresses that the server must not be made to connect to: those of this machine, of its networks, and of no host at all. */
import { BlockList, isIP } from 'node:net';

/** IANA's registries of special-purpose addresses: everything there that is not globally reachable, and multicast. */
const INNER_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];

/** With those that embed an IPv4 address (mapped, translated, 6to4, Teredo): what they lead to may be an inner one. */
const INNER_V6 = [
  '::/96',
  '::ffff:0:0/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
];

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits = ''] = network.split('/');
    list.addSubnet(address, Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}

const inner = { 4: listOf(INNER_V4), 6: listOf(INNER_V6) };

/** Whether the text is no address, or one that must not be connected to. */
export function isInner(address: string): boolean {
  // An address with a zone (fe80::1%eth0) is of this machine's networks.
  if (address.includes('%')) return true;
  const version = isIP(address);
  if (version === 4) return inner[4].check(address, 'ipv4');
  return version === 6 ? inner[6].check(address, 'ipv6') : true;
}

/** A host name of letters, digits, hyphens and dots. */
const HOST = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\.?$/i;

export interface AllowedTargets {
  /** Whether connections to this address are allowed, for requests to this host. */
  allows(host: string, address: string): boolean;
}

const withoutDot = (host: string): string => host.toLowerCase().replace(/\.$/, '');

/** `entries`: addresses, networks and host names, whose inner addresses are allowed. Throws a sentence for another one. */
export function allowedTargets(entries: readonly string[]): AllowedTargets {
  const networks = new BlockList();
  const hosts = new Set<string>();
  for (const entry of entries) {
    const [address = '', bits, ...more] = entry.split('/');
    const version = isIP(address);
    if (version === 0 && bits === undefined && HOST.test(entry)) {
      hosts.add(withoutDot(entry));
      continue;
    }
    const most = version === 6 ? 128 : 32;
    const length = bits === undefined ? most : /^(0|[1-9]\d{0,2})$/.test(bits) ? Number(bits) : Number.NaN;
    if (version === 0 || more.length > 0 || !(length <= most))
      throw new Error(
        `${JSON.stringify(entry)} is neither an address, nor a network, nor a host name: write 10.0.0.1, 10.0.0.0/8, fd00::/8 or hooks.internal`,
      );
    networks.addSubnet(address, length, version === 6 ? 'ipv6' : 'ipv4');
  }
  return {
    allows: (host, address) =>
      !isInner(address) ||
      hosts.has(withoutDot(host)) ||
      (isIP(address) !== 0 && networks.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')),
  };
}
