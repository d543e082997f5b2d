/** @file TIFF, DICOM and NumPy files by hand: samples of every kind. */
import { bytesOf } from "./png.ts";

/** Bytes of numbers, little-endian. */
function numbers(bits: number, float: boolean, values: readonly number[]) {
  const bytes = new Uint8Array(values.length * bits / 8);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    const at = i * bits / 8;
    if (float && bits === 16) view.setFloat16(at, value, true);
    else if (!float && bits === 64) view.setBigInt64(at, BigInt(value), true);
    else if (float && bits === 64) view.setFloat64(at, value, true);
    else if (float) view.setFloat32(at, value, true);
    else if (bits === 8) view.setInt8(at, value);
    else if (bits === 16) view.setInt16(at, value, true);
    else view.setInt32(at, value, true);
  });
  return bytes;
}
const le16 = (value: number) => numbers(16, false, [value]);
const le32 = (value: number) => numbers(32, false, [value]);

/** What a TIFF is made of. */
export interface TiffParts {
  readonly width: number;
  readonly height: number;
  readonly bands?: number;
  readonly bits?: 8 | 16 | 32 | 64;
  /** 1 unsigned, 2 signed, 3 float. */
  readonly format?: 1 | 2 | 3;
  readonly photometric?: number;
  /** ExtraSamples; 2 is transparency. */
  readonly extra?: readonly number[];
  readonly orientation?: number;
  /** Further entries: tag, type, count, value or bytes that lie elsewhere. */
  readonly entries?: readonly (readonly [
    number,
    number,
    number,
    number | Uint8Array,
  ])[];
  /** Puts tags in an order that TIFF does not allow. */
  readonly unsorted?: boolean;
  /** `[height, width, bands]` of each page. */
  readonly pages: readonly (readonly number[])[];
}

/** A TIFF, little-endian, one strip a page, not compressed. */
export function tiff(parts: TiffParts): Uint8Array<ArrayBuffer> {
  const { width, height, bands = 1, bits = 8, format = 1, extra } = parts;
  const file: Uint8Array[] = [bytesOf("II*\0"), new Uint8Array(4)];
  const size = () => file.reduce((sum, { length }) => sum + length, 0);
  let link = 4;
  const links: [number, number][] = [];
  const elsewhere = (value: Uint8Array): number => {
    const at = size();
    file.push(value, new Uint8Array(value.length % 2));
    return at;
  };
  const shorts = (values: readonly number[]) =>
    values.length <= 2
      ? (values[0] ?? 0) | ((values[1] ?? 0) << 16)
      : elsewhere(numbers(16, false, values));
  for (const samples of parts.pages) {
    const data = numbers(bits, format === 3, samples);
    const strip = elsewhere(data);
    const repeat = (value: number) => Array<number>(bands).fill(value);
    const entries: (readonly [number, number, number, number])[] = [
      [256, 4, 1, width],
      [257, 4, 1, height],
      [258, 3, bands, shorts(repeat(bits))],
      [259, 3, 1, 1],
      [262, 3, 1, parts.photometric ?? (bands === 3 ? 2 : 1)],
      [273, 4, 1, strip],
      [274, 3, 1, parts.orientation ?? 1],
      [277, 3, 1, bands],
      [278, 4, 1, height],
      [279, 4, 1, data.length],
      ...(extra ? [[338, 3, extra.length, shorts(extra)] as const] : []),
      [339, 3, bands, shorts(repeat(format))],
      ...(parts.entries ?? []).map(([tag, type, count, value]) =>
        [
          tag,
          type,
          count,
          typeof value === "number" ? value : elsewhere(value),
        ] as const
      ),
    ];
    entries.sort(([a], [b]) => parts.unsorted ? b - a : a - b);
    const directory = size();
    links.push([link, directory]);
    file.push(
      le16(entries.length),
      ...entries.flatMap(([tag, type, count, value]) => [
        le16(tag),
        le16(type),
        le32(count),
        le32(value),
      ]),
    );
    link = size();
    file.push(new Uint8Array(4));
  }
  const bytes = bytesOf(...file);
  const view = new DataView(bytes.buffer);
  for (const [at, directory] of links) view.setUint32(at, directory, true);
  return bytes;
}

/** An array as `numpy.save` writes it. */
export function npy(
  dtype: string,
  shape: readonly number[],
  values: readonly number[],
  fortran = false,
): Uint8Array<ArrayBuffer> {
  const header = `{'descr': '${dtype}', 'fortran_order': ${
    fortran ? "True" : "False"
  }, 'shape': (${shape.join(", ")},), }`;
  const padded = header.padEnd(117, " ") + "\n";
  const bits = 8 * Number(dtype.slice(2));
  return bytesOf(
    Uint8Array.of(0x93),
    "NUMPY",
    Uint8Array.of(1, 0),
    le16(padded.length),
    padded,
    numbers(bits, dtype[1] === "f", values),
  );
}

/** What a DICOM file is made of. */
export interface DicomParts {
  readonly width: number;
  readonly height: number;
  readonly bits: 8 | 16;
  readonly stored?: number;
  readonly signed?: boolean;
  readonly colour?: string;
  readonly frames?: number;
  readonly slope?: number;
  readonly intercept?: number;
  readonly window?: readonly [number, number];
  readonly syntax?: string;
  /** Elements of group 0028, in ascending order behind the rescaling. */
  readonly more?: readonly (readonly [
    tag: number,
    vr: string,
    value: Uint8Array,
  ])[];
  /** Rescaling of all frames together, and of each. */
  readonly shared?: readonly [slope: number, intercept: number];
  readonly perFrame?: readonly (readonly [slope: number, intercept: number])[];
  readonly samples: readonly number[];
}

/** A DICOM file, explicit VR, little-endian. */
export function dicom(parts: DicomParts): Uint8Array<ArrayBuffer> {
  const { width, height, bits, stored = bits, colour = "MONOCHROME2" } = parts;
  const text = (value: string) =>
    bytesOf(value.length % 2 ? `${value} ` : value);
  const element = (
    group: number,
    tag: number,
    vr: string,
    value: Uint8Array,
  ): Uint8Array =>
    vr.length > 2
      ? bytesOf(
        le16(group),
        le16(tag),
        vr.slice(0, 2),
        le16(0),
        le32(value.length),
        value,
      )
      : bytesOf(le16(group), le16(tag), vr, le16(value.length), value);
  const us = (tag: number, value: number) =>
    element(0x28, tag, "US", le16(value));
  const ds = (tag: number, value: number | undefined) =>
    value === undefined ? [] : [element(0x28, tag, "DS", text(String(value)))];
  /** A sequence of items, with their lengths. */
  const sequence = (
    group: number,
    tag: number,
    items: readonly Uint8Array[],
  ): Uint8Array =>
    element(
      group,
      tag,
      "SQ+",
      bytesOf(
        ...items.flatMap((item) => [
          le16(0xfffe),
          le16(0xe000),
          le32(item.length),
          item,
        ]),
      ),
    );
  const transformed = (
    [slope, intercept]: readonly [number, number],
  ): Uint8Array =>
    sequence(0x28, 0x9145, [
      bytesOf(...ds(0x1052, intercept), ...ds(0x1053, slope)),
    ]);
  const [center, spread] = parts.window ?? [];
  return bytesOf(
    new Uint8Array(128),
    "DICM",
    element(
      2,
      0x10,
      "UI",
      text(parts.syntax ?? "1.2.840.10008.1.2.1\0"),
    ),
    us(2, colour === "RGB" ? 3 : 1),
    element(0x28, 4, "CS", text(colour)),
    element(0x28, 8, "IS", text(String(parts.frames ?? 1))),
    us(0x10, height),
    us(0x11, width),
    us(0x100, bits),
    us(0x101, stored),
    us(0x102, stored - 1),
    us(0x103, parts.signed ? 1 : 0),
    ...ds(0x1050, center),
    ...ds(0x1051, spread),
    ...ds(0x1052, parts.intercept),
    ...ds(0x1053, parts.slope),
    ...(parts.more ?? []).map(([tag, vr, value]) =>
      element(0x28, tag, vr, value)
    ),
    ...(parts.shared
      ? [sequence(0x5200, 0x9229, [transformed(parts.shared)])]
      : []),
    ...(parts.perFrame
      ? [sequence(0x5200, 0x9230, parts.perFrame.map(transformed))]
      : []),
    element(
      0x7fe0,
      0x10,
      bits === 8 ? "OB+" : "OW+",
      numbers(bits, false, parts.samples),
    ),
  );
}
