/** @file Gives memory back to the system that is needed no longer. */
import v8 from "node:v8";
import vm from "node:vm";

const LIBC = {
  malloc_trim: { parameters: ["usize"], result: "i32" },
  dl_iterate_phdr: { parameters: ["function", "pointer"], result: "i32" },
  madvise: { parameters: ["u64", "u64", "i32"], result: "i32" },
} as const;

/** `dl_phdr_info`: what precedes the address of its program headers. */
const NAME = 8;
const HEADERS = 16;
const HEADER_COUNT = 24;

/** `Elf64_Phdr`. */
const HEADER_BYTES = 56;
const LOADED = 1;
const WRITABLE = 2;

const MADV_DONTNEED = 4;
/** A multiple of every page size in use. */
const PAGE = 65536n;

interface Range {
  readonly start: bigint;
  readonly length: bigint;
}

/** Read-only parts of a loaded object, given its `dl_phdr_info`. */
function readOnlyParts(info: Deno.UnsafePointerView): Range[] {
  const base = info.getBigUint64(0);
  const headers = info.getPointer(HEADERS);
  if (!headers) return [];
  const view = new Deno.UnsafePointerView(headers);
  return Array.from({ length: info.getUint16(HEADER_COUNT) }, (_, i) => {
    const at = i * HEADER_BYTES;
    const loaded = view.getUint32(at) === LOADED;
    const writable = (view.getUint32(at + 4) & WRITABLE) !== 0;
    const from = base + view.getBigUint64(at + 16);
    const to = from + view.getBigUint64(at + 40);
    const start = (from + PAGE - 1n) / PAGE * PAGE;
    const length = to / PAGE * PAGE - start;
    return loaded && !writable && length > 0n ? [{ start, length }] : [];
  }).flat();
}

/**
 * Takes the read-only pages of loaded libraries out of this process's memory.
 * Binding its symbols and running its initialisers touches 300 MB of
 * libtensorflow, of which steps need a third: those pages come back, from the
 * page cache, when they are used.
 *
 * @param paths Of the libraries, as they were opened.
 */
export function releaseLoaded(paths: readonly string[]): void {
  if (Deno.build.os !== "linux") return;
  const libc = Deno.dlopen("libc.so.6", LIBC);
  const parts: Range[] = [];
  const visit = new Deno.UnsafeCallback({
    parameters: ["pointer", "usize", "pointer"],
    result: "i32",
  }, (pointer) => {
    const info = pointer && new Deno.UnsafePointerView(pointer);
    const name = info?.getPointer(NAME);
    if (info && name) {
      const path = Deno.UnsafePointerView.getCString(name);
      if (paths.includes(path)) parts.push(...readOnlyParts(info));
    }
    return 0;
  });
  libc.symbols.dl_iterate_phdr(visit.pointer, null);
  visit.close();
  for (const { start, length } of parts) {
    libc.symbols.madvise(start, length, MADV_DONTNEED);
  }
  libc.close();
}

/**
 * Gives back what was freed. glibc keeps it for each thread that allocated, so
 * that a process that trains again and again would grow.
 */
export function releaseFreed(): void {
  if (Deno.build.os !== "linux") return;
  const libc = Deno.dlopen("libc.so.6", LIBC);
  libc.symbols.malloc_trim(0n);
  libc.close();
}

/**
 * Has V8 free what nothing refers to. It does so by itself only when it wants
 * more; its heap is four times as large as what is in use once a step is traced.
 */
export function collectGarbage(): void {
  v8.setFlagsFromString("--expose-gc");
  // A context has the function if the flag is set when it is made.
  const collect: unknown = vm.runInNewContext("globalThis.gc");
  v8.setFlagsFromString("--no-expose-gc");
  if (typeof collect === "function") collect();
}
