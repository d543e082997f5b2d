/**
 * @file Names of machines to addresses, as the system does it: a command that
 * may reach private networks alone may ask Deno for no name.
 */

const LIBC = {
  getaddrinfo: {
    parameters: ["buffer", "pointer", "buffer", "buffer"],
    result: "i32",
  },
  freeaddrinfo: { parameters: ["pointer"], result: "void" },
} as const;

/** `struct addrinfo`: its size, and where its fields are. */
const BYTES = 48;
const FAMILY = 4;
const ADDRESS = 24;

const AF_INET = 2;
/** Of `struct sockaddr_in`. */
const FOUR_BYTES = 4;

/** The first IPv4 address of a name; undefined where it has none. */
export function resolveName(name: string): string | undefined {
  if (Deno.build.os !== "linux") return undefined;
  const libc = Deno.dlopen("libc.so.6", LIBC);
  const c = libc.symbols;
  const hints = new DataView(new ArrayBuffer(BYTES));
  hints.setInt32(FAMILY, AF_INET, true);
  const list = new BigUint64Array(1);
  const failed = c.getaddrinfo(
    new TextEncoder().encode(`${name}\0`),
    null,
    new Uint8Array(hints.buffer),
    new Uint8Array(list.buffer),
  );
  const first = failed === 0 ? Deno.UnsafePointer.create(list[0] ?? 0n) : null;
  const address = first &&
    new Deno.UnsafePointerView(first).getPointer(ADDRESS);
  const bytes = address &&
    new Uint8Array(
      new Deno.UnsafePointerView(address).getArrayBuffer(4, FOUR_BYTES).slice(
        0,
      ),
    );
  if (first) c.freeaddrinfo(first);
  libc.close();
  return bytes?.join(".");
}
