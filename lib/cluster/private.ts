/** @file Addresses that nobody on the internet reaches. */

/** Networks of this machine alone, and of one site, as IPv4 prefixes. */
export const PRIVATE: readonly string[] = [
  "127.0.0.0/8",
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "169.254.0.0/16",
  // Between a provider and its customers, and of some private overlays.
  "100.64.0.0/10",
];

/** Those that no router passes on: for documents and benchmarks. */
const RESERVED: readonly string[] = [
  "192.0.2.0/24",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "198.18.0.0/15",
];

/** A dotted address as one number; undefined for what is none. */
function numberOf(ip: string): number | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(ip)
    ?.slice(1).map(Number);
  if (!parts || parts.some((part) => part > 255)) return undefined;
  return parts.reduce((number, part) => number * 256 + part, 0);
}

/** Whether a text is an IPv4 address. */
export const isIPv4 = (text: string): boolean => numberOf(text) !== undefined;

function isIn(ip: string, network: string): boolean {
  const [start = "", bits] = network.split("/");
  const size = 2 ** (32 - Number(bits));
  const [address, first] = [numberOf(ip), numberOf(start)];
  return address !== undefined && first !== undefined &&
    Math.floor(address / size) === Math.floor(first / size);
}

/** Whether an address is this machine's own. */
export const isLoopback = (ip: string): boolean => isIn(ip, "127.0.0.0/8");

/** Loopback, link-local and unique local addresses. */
const PRIVATE_IPV6 = /^(::1$|fe[89ab]|f[cd])/i;

/** Whether an address, IPv4 or IPv6, may be reached from the internet. */
export function isPublic(ip: string): boolean {
  return isIPv4(ip)
    ? ![...PRIVATE, ...RESERVED].some((network) => isIn(ip, network))
    : !PRIVATE_IPV6.test(ip);
}
