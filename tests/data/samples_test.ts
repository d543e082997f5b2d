/** @file Samples that are no 8-bit colours: read as the pipeline says, or refused by name. */
import assert from "@std/assert";
import { checkHeader, decodeImage } from "../../lib/data/decode.ts";
import { type Reading, UnsettledError } from "../../lib/data/reading.ts";
import { folder as source } from "../../lib/data/folder.ts";
import sharp from "sharp";
import { image, load, rejects, withFolder, write } from "./fixtures.ts";
import { dicom, npy, tiff, type TiffParts } from "./made.ts";
import { png } from "./png.ts";

const SIDE = 4;
const AREA = SIDE * SIDE;
const SIZE = { width: SIDE, height: SIDE };

/** A number for every pixel. */
const ramp = (from: number, to: number): number[] =>
  Array.from({ length: AREA }, (_, i) => from + (to - from) * i / (AREA - 1));
const whole = (from: number, to: number) => ramp(from, to).map(Math.round);
const GRAYS = whole(0, 255);

const decode = (
  bytes: Uint8Array,
  channels: number,
  reading: Reading = {},
): Promise<Uint8Array> => decodeImage(bytes, { ...SIZE, channels }, reading);

/** Asserts that a file needs a setting, and which. */
async function unsettled(
  bytes: Uint8Array,
  channels: number,
  reading: Reading,
  message: RegExp,
  cure: RegExp,
): Promise<void> {
  await assert.rejects(decode(bytes, channels, reading), (error: unknown) => {
    assert.ok(error instanceof UnsettledError, String(error));
    const { message: text, cure: way } = error as UnsettledError;
    assert.match(text, message);
    assert.match(way, cure);
    return true;
  });
}

const gray = (parts: Partial<TiffParts>, values: readonly number[]) =>
  tiff({ ...SIZE, ...parts, pages: [values] });

/** What it is, its bytes, what is said of it, a range, what becomes of the ramp. */
const RANGES: readonly (readonly [
  string,
  Uint8Array,
  RegExp,
  readonly [number, number],
])[] = [
  [
    "A 16-bit TIFF",
    gray({ bits: 16 }, whole(0, 4095)),
    /16-bit unsigned samples from 0 to 4095/,
    [0, 4095],
  ],
  [
    "A TIFF of signed samples",
    gray({ bits: 16, format: 2 }, whole(-2100, -340)),
    /16-bit signed samples from -2100 to -340/,
    [-2100, -340],
  ],
  [
    "A TIFF of floats in 0..1",
    gray({ bits: 32, format: 3 }, ramp(0, 1)),
    /32-bit float samples from 0 to 1/,
    [0, 1],
  ],
  [
    "A TIFF of 32-bit whole numbers",
    gray({ bits: 32 }, whole(0, 56320)),
    /32-bit unsigned samples from 0 to 56320/,
    [0, 56320],
  ],
  [
    "A TIFF of 64-bit floats",
    gray({ bits: 64, format: 3 }, ramp(-1, 1)),
    /64-bit float/,
    [-1, 1],
  ],
  [
    "A PNG with 12 bits in 16",
    png({
      ...SIZE,
      depth: 16,
      color: 0,
      rows: Array.from({ length: SIDE }, (_, row) =>
        Uint8Array.from(
          whole(0, 4095).slice(row * SIDE, (row + 1) * SIDE)
            .flatMap((value) => [value >> 8, value & 255]),
        )),
    }),
    /16-bit unsigned samples from 0 to 4095/,
    [0, 4095],
  ],
  [
    "A NumPy array of floats",
    npy("<f4", [SIDE, SIDE], ramp(-3, 3)),
    /32-bit float samples from -3 to 3/,
    [-3, 3],
  ],
  [
    "A NumPy array of signed numbers",
    npy("<i2", [SIDE, SIDE], whole(-100, 100)),
    /16-bit signed/,
    [-100, 100],
  ],
  [
    "A DICOM image of 12 bits",
    dicom({ ...SIZE, bits: 16, stored: 12, samples: whole(0, 4095) }),
    /12-bit unsigned samples from 0 to 4095/,
    [0, 4095],
  ],
];

for (const [what, bytes, message, range] of RANGES) {
  Deno.test(`${what} without a range is refused by name`, async () => {
    await unsettled(bytes, 1, {}, message, /"range" under "data".*range: \[/);
  });
  Deno.test(`${what} is scaled by the range that is given`, async () => {
    const found = await decode(bytes, 1, { range });
    found.forEach((value, i) =>
      assert.ok(Math.abs(value - (GRAYS[i] as number)) <= 1, `${found}`)
    );
    assert.equal(found[0], 0);
    assert.equal(found[AREA - 1], 255);
  });
}

Deno.test("Samples beyond the range are clipped, and their share is told", async () => {
  const bytes = gray({ bits: 16 }, whole(0, 1500));
  let share = 0;
  const found = await decodeImage(
    bytes,
    { ...SIZE, channels: 1 },
    { range: [0, 750] },
    ({ clipped }) => share = clipped,
  );
  assert.equal(share, 0.5);
  assert.ok(found.subarray(8).every((value) => value === 255));
});

Deno.test("range: full is the range of the type, and floats have none", async () => {
  const bytes = gray({ bits: 16 }, whole(0, 65535));
  assert.deepEqual([...await decode(bytes, 1, { range: "full" })], GRAYS);
  await unsettled(
    gray({ bits: 32, format: 3 }, ramp(0, 1)),
    1,
    { range: "full" },
    /no fullest range/,
    /two values, such as range: \[0, 1\]/,
  );
});

Deno.test("A range beyond what samples can be is refused", async () => {
  await unsettled(
    gray({}, GRAYS),
    1,
    { range: [0, 4095] },
    /8-bit unsigned samples, which can be \[0, 255\] only/,
    /Change "range"/,
  );
});

Deno.test("Samples that are no numbers are refused and counted", async () => {
  const values = ramp(0, 1);
  values[3] = Number.NaN;
  await assert.rejects(
    decode(gray({ bits: 32, format: 3 }, values), 1, { range: [0, 1] }),
    /1 of its 16 samples are no numbers/,
  );
});

/** Red, green, blue and something else in every pixel. */
const FOUR = Array.from(
  { length: AREA },
  (_, i) => [200, i * 10, 50, i],
).flat();
const RGB = FOUR.filter((_, i) => i % 4 < 3);
const four = (extra: readonly number[], photometric = 2) =>
  tiff({ ...SIZE, bands: 4, extra, photometric, pages: [FOUR] });

Deno.test("A fourth band that is not declared as transparency is refused where 3 channels are asked for", async () => {
  for (
    const [extra, photometric] of [[[0], 2], [[], 2], [[0, 0, 0], 1]] as const
  ) {
    await unsettled(
      four(extra, photometric),
      3,
      {},
      /it has 4 bands, and 3 channels are asked for/,
      /"channels" under "data" to 4 .* bands: \[1, 2, 3\]/,
    );
  }
});

Deno.test("The first three of four bands are the pixels of the same image without the fourth", async () => {
  const three = tiff({ ...SIZE, bands: 3, pages: [RGB] });
  assert.deepEqual(
    await decode(four([0]), 3, { bands: [1, 2, 3] }),
    await decode(three, 3),
  );
});

Deno.test("All bands are read where as many channels are asked for", async () => {
  assert.deepEqual([...await decode(four([0]), 4)], FOUR);
  assert.deepEqual([...await decode(four([0, 0, 0], 1), 4)], FOUR);
});

Deno.test("Bands are taken in the order that is asked for", async () => {
  const found = await decode(four([0]), 2, { bands: [4, 1] });
  const expected = Array.from({ length: AREA }, (_, i) => [i, 200]).flat();
  assert.deepEqual([...found], expected);
  await unsettled(four([0]), 1, { bands: [5] }, /4 bands.*band 5/, /"bands"/);
});

Deno.test("Declared transparency is laid over black, in 8 and in 16 bits", async () => {
  const half = FOUR.map((value, i) => i % 4 === 3 ? 128 : value);
  const byte = tiff({
    ...SIZE,
    bands: 4,
    extra: [2],
    photometric: 2,
    pages: [half],
  });
  const word = tiff({
    ...SIZE,
    bands: 4,
    bits: 16,
    extra: [2],
    photometric: 2,
    pages: [half.map((value) => value * 257)],
  });
  const [a, b] = [
    await decode(byte, 3),
    await decode(word, 3, { range: "full" }),
  ];
  assert.ok(Math.abs((a[0] ?? 0) - 100) <= 1);
  b.forEach((value, i) => assert.ok(Math.abs(value - (a[i] ?? -9)) <= 1));
});

Deno.test("13 bands of 16 bits are read, and refused with their number", async () => {
  const values = Array.from({ length: AREA * 13 }, (_, i) => i);
  const bytes = tiff({
    ...SIZE,
    bands: 13,
    bits: 16,
    photometric: 1,
    extra: Array<number>(12).fill(0),
    pages: [values],
  });
  await unsettled(bytes, 3, {}, /it has 13 bands/, /to 13 for all bands/);
  const found = await decode(bytes, 13, { range: [0, 255] });
  assert.deepEqual([...found], values.map((value) => Math.min(value, 255)));
});

Deno.test("A stack of pages is refused with their number, and one of them is read", async () => {
  const bytes = tiff({
    ...SIZE,
    pages: [GRAYS, GRAYS.toReversed(), GRAYS],
  });
  await unsettled(bytes, 1, {}, /it has 3 pages/, /page: 1 under "data"/);
  assert.deepEqual(
    [...await decode(bytes, 1, { page: 2 })],
    GRAYS.toReversed(),
  );
  await unsettled(bytes, 1, { page: 4 }, /3 pages.*page 4/, /Change "page"/);
  const deep = tiff({ ...SIZE, bits: 16, pages: [GRAYS, GRAYS.toReversed()] });
  assert.deepEqual(
    [...await decode(deep, 1, { page: 2, range: [0, 255] })],
    GRAYS.toReversed(),
  );
});

Deno.test("A TIFF whose least value is white is turned round, in 16 bits too", async () => {
  const reversed = GRAYS.map((value) => 255 - value);
  assert.deepEqual(
    [...await decode(gray({ photometric: 0 }, GRAYS), 1)],
    reversed,
  );
  const deep = gray({ photometric: 0, bits: 16 }, GRAYS);
  assert.deepEqual([...await decode(deep, 1, { range: [0, 255] })], reversed);
});

Deno.test("16 bits are turned upright as 8 bits are", async () => {
  for (let orientation = 1; orientation <= 8; orientation++) {
    const eight = gray({ orientation }, GRAYS);
    const deep = gray({ orientation, bits: 16 }, GRAYS);
    assert.deepEqual(
      await decode(deep, 1, { range: [0, 255] }),
      await decode(eight, 1),
      `orientation ${orientation}`,
    );
  }
});

Deno.test("A TIFF whose pixels are cut off is refused", async () => {
  for (const bits of [8, 16] as const) {
    const bytes = gray({ bits }, GRAYS);
    // The strip points beyond the end.
    const view = new DataView(bytes.buffer);
    const directory = view.getUint32(4, true);
    const count = view.getUint16(directory, true);
    for (let i = 0; i < count; i++) {
      const entry = directory + 2 + 12 * i;
      if (view.getUint16(entry, true) === 273) {
        view.setUint32(entry + 8, bytes.length, true);
      }
    }
    await assert.rejects(decode(bytes, 1, { range: [0, 255] }), Error);
  }
});

Deno.test("Values of CT are Hounsfield units, and the file's window is offered", async () => {
  const bytes = dicom({
    ...SIZE,
    bits: 16,
    stored: 12,
    slope: 1,
    intercept: -1024,
    window: [40, 400],
    samples: whole(0, 4095),
  });
  await unsettled(
    bytes,
    1,
    {},
    /samples from -1024 to 3071/,
    /range: \[-160, 240\] \(this file's window\), or range: full for \[-1024, 3071\]/,
  );
  const found = await decode(bytes, 1, { range: [-1024, 3071] });
  found.forEach((value, i) =>
    assert.ok(Math.abs(value - (GRAYS[i] as number)) <= 1)
  );
});

Deno.test("8-bit DICOM needs no range, in gray, reversed gray and colours", async () => {
  const parts = { ...SIZE, bits: 8 } as const;
  assert.deepEqual(
    [...await decode(dicom({ ...parts, samples: GRAYS }), 1)],
    GRAYS,
  );
  const negative = { ...parts, colour: "MONOCHROME1", samples: GRAYS };
  assert.deepEqual(
    [...await decode(dicom(negative), 1)],
    GRAYS.map((value) => 255 - value),
  );
  const colours = { ...parts, colour: "RGB", samples: RGB };
  assert.deepEqual([...await decode(dicom(colours), 3)], RGB);
});

Deno.test("Frames of DICOM are pages", async () => {
  const bytes = dicom({
    ...SIZE,
    bits: 8,
    frames: 2,
    samples: [...GRAYS, ...GRAYS.toReversed()],
  });
  await unsettled(bytes, 1, {}, /it has 2 pages/, /page: 1/);
  assert.deepEqual(
    [...await decode(bytes, 1, { page: 2 })],
    GRAYS.toReversed(),
  );
});

Deno.test("Frames of DICOM are rescaled as they say each, or as all of them together", async () => {
  const parts = { ...SIZE, bits: 16, stored: 12, frames: 2 } as const;
  const samples = [...whole(0, 4095), ...whole(0, 4095)];
  const shared = dicom({ ...parts, shared: [2, -1000], samples });
  const range = [-1000, 7190] as const;
  const close = (found: Uint8Array) =>
    found.forEach((value, i) =>
      assert.ok(Math.abs(value - (GRAYS[i] as number)) <= 1, `${found}`)
    );
  close(await decode(shared, 1, { page: 1, range }));
  await unsettled(shared, 1, { page: 1 }, /from -1000 to 7190/, /range: full/);
  const own = dicom({ ...parts, perFrame: [[1, 0], [2, -1000]], samples });
  close(await decode(own, 1, { page: 2, range }));
  close(await decode(own, 1, { page: 1, range: [0, 4095] }));
});

Deno.test("A negative slope of DICOM turns values round", async () => {
  const bytes = dicom({
    ...SIZE,
    bits: 16,
    stored: 12,
    slope: -1,
    intercept: 4095,
    samples: whole(0, 4095),
  });
  for (const range of ["full", [0, 4095]] as const) {
    const found = await decode(bytes, 1, { range });
    assert.deepEqual([found[0], found[AREA - 1]], [255, 0]);
  }
});

Deno.test("DICOM whose header contradicts itself, or has values by a table, is refused", async () => {
  const parts = { ...SIZE, bits: 16, samples: GRAYS } as const;
  const u16 = (value: number) => Uint8Array.of(value & 255, value >> 8);
  const cases = [
    [{ stored: 0 }, /damaged: 0 bits up to bit/],
    [{ stored: 20 }, /damaged: 20 bits up to bit 19, in samples of 16/],
    [{ slope: 0 }, /rescale slope is 0/],
    [{ syntax: "1.2.840.10008.1.2.1.99" }, /compressed \(Deflated/],
    [{ syntax: "1.2.3.4" }, /transfer syntax 1\.2\.3\.4 is not known/],
    [{ more: [[0x3000, "SQ+", new Uint8Array()]] }, /Modality LUT/],
  ] as const;
  for (const [more, reason] of cases) {
    const bytes = dicom({ ...parts, ...more });
    await assert.rejects(decode(bytes, 1, { range: "full" }), reason);
  }
  const padded = dicom({ ...parts, more: [[0x120, "US", u16(7)]] });
  const { remark } = await checkHeader(padded, { channels: 1 }, {
    range: "full",
  });
  assert.match(remark ?? "", /^7 is declared as padding/);
  const bare = dicom(parts).slice(132);
  await assert.rejects(decode(bare, 1), /DICOM without its preamble/);
});

Deno.test("Compressed and cut off DICOM is refused with the reason", async () => {
  const parts = { ...SIZE, bits: 8, samples: GRAYS } as const;
  await assert.rejects(
    decode(dicom({ ...parts, syntax: "1.2.840.10008.1.2.4.50" }), 1),
    /compressed \(JPEG Baseline, transfer syntax 1\.2\.840\.10008\.1\.2\.4\.50\)/,
  );
  await assert.rejects(
    decode(dicom(parts).slice(0, -5), 1),
    /cut off|damaged/,
  );
});

Deno.test("NumPy arrays have bands last, or first where that is the shorter side", async () => {
  const last = npy("|u1", [SIDE, SIDE, 3], RGB);
  assert.deepEqual([...await decode(last, 3)], RGB);
  const planes = [0, 1, 2].flatMap((band) =>
    RGB.filter((_, i) => i % 3 === band)
  );
  assert.deepEqual(
    [...await decode(npy("|u1", [3, SIDE, SIDE], planes), 3)],
    RGB,
  );
});

Deno.test("NumPy arrays in Fortran's order, of halves and of 64 bits are read as others", async () => {
  const columns = Array.from(
    { length: AREA },
    (_, i) => GRAYS[(i % SIDE) * SIDE + Math.floor(i / SIDE)] as number,
  );
  assert.deepEqual(
    [...await decode(npy("|u1", [SIDE, SIDE], columns, true), 1)],
    GRAYS,
  );
  // Bands first in Fortran's order: the bands of a pixel lie together.
  const turned = Array.from(
    { length: AREA },
    (_, i) => (i % SIDE) * SIDE + Math.floor(i / SIDE),
  ).flatMap((pixel) => RGB.slice(3 * pixel, 3 * pixel + 3));
  assert.deepEqual(
    [...await decode(npy("|u1", [3, SIDE, SIDE], turned, true), 3)],
    RGB,
  );
  for (const dtype of ["<i8", "<u8", "<f2"]) {
    assert.deepEqual(
      [
        ...await decode(npy(dtype, [SIDE, SIDE], GRAYS), 1, {
          range: [0, 255],
        }),
      ],
      GRAYS,
      dtype,
    );
  }
});

Deno.test("NumPy arrays that are no images are refused with their shape and type", async () => {
  await assert.rejects(decode(npy("|u1", [AREA], GRAYS), 1), /shape is \(16\)/);
  await assert.rejects(
    decode(npy("<c8", [1, 1], []), 1),
    /of the type "<c8"/,
  );
  await assert.rejects(
    decode(npy("|u1", [SIDE, SIDE], GRAYS).slice(0, -1), 1),
    /cut off/,
  );
});

Deno.test("A header alone tells what no setting says how to read", async () => {
  const shape = { channels: 3 };
  await assert.rejects(checkHeader(four([0]), shape), UnsettledError);
  await assert.rejects(
    checkHeader(tiff({ ...SIZE, pages: [GRAYS, GRAYS] }), shape),
    UnsettledError,
  );
  await assert.rejects(
    checkHeader(gray({ bits: 16 }, GRAYS), { channels: 1 }),
    UnsettledError,
  );
});

Deno.test(
  "A folder of 16-bit images names the file, its samples and the setting; with it, what was done is told",
  withFolder(async (folder) => {
    const bytes = gray({ bits: 16 }, whole(0, 5000));
    await write(folder, { "data/a.tif": bytes, "data/b.tif": bytes });
    const options = { path: "data", size: SIDE, channels: 1 };
    for (const memory of [1, 0]) {
      await rejects(
        load(source, { ...options, memory }, folder),
        /[ab]\.tif: it has 16-bit unsigned samples/,
        /Set "range" under "data"/,
      );
    }
    const { remarks } = await load(
      source,
      { ...options, range: [0, 4000] },
      folder,
    );
    assert.deepEqual(remarks, [
      "16-bit unsigned samples are scaled from [0, 4000], 18.8 % of them beyond: all images",
      "1 image is there more than once (b.tif is a.tif)",
    ]);
  }),
);

Deno.test(
  "When all images are left out, the first reason and its cure are told",
  withFolder(async (folder) => {
    const bytes = gray({ bits: 16 }, whole(0, 5000));
    await write(folder, { "data/a.tif": bytes, "data/b.tif": bytes });
    for (const memory of [1, 0]) {
      await rejects(
        load(
          source,
          { path: "data", size: SIDE, channels: 1, on_error: "skip", memory },
          folder,
        ),
        /any of the 2 images in .*a\.tif: it has 16-bit unsigned samples/,
        /Set "range" under "data"/,
      );
    }
  }),
);

Deno.test("Any frame of an animation can be asked for, and one that is not there is refused", async () => {
  const frames = await Promise.all(
    [250, 150, 50].map((red) => image([red, 0, 0], "png", SIDE, SIDE)),
  );
  const bytes = new Uint8Array(
    await sharp(frames, { join: { animated: true } }).gif().toBuffer(),
  );
  const third = await decode(bytes, 3, { page: 3 });
  assert.ok(Math.abs((third[0] ?? 0) - 50) <= 2, `${third[0]}`);
  await assert.rejects(
    decode(bytes, 3, { page: 4 }),
    /fewer pages than "page"/,
  );
});

Deno.test("JPEGs of more bits and TIFFs in CIELab are refused as what they are", async () => {
  const jpeg = await image([9, 9, 9], "jpeg", SIDE, SIDE);
  const frame = jpeg.findIndex((byte, i) =>
    byte === 0xff && jpeg[i + 1] === 0xc0
  );
  jpeg[frame + 4] = 12;
  await assert.rejects(decode(jpeg, 3), /a JPEG of 12 bits a sample/);
  await assert.rejects(
    decode(tiff({ ...SIZE, bands: 3, photometric: 8, pages: [RGB] }), 3),
    /its colours are CIELab in 8 bits \(not read/,
  );
});

Deno.test("Transparency of a WebP without loss is told", async () => {
  const clear = await sharp({
    create: {
      ...SIZE,
      channels: 4,
      background: { r: 255, g: 0, b: 0, alpha: 0.5 },
    },
  }).webp({ lossless: true }).toBuffer();
  const facts = await checkHeader(new Uint8Array(clear));
  assert.deepEqual([facts.alpha, facts.bands], [true, 4]);
  const opaque = await image([255, 0, 0], "webp", SIDE, SIDE);
  assert.equal((await checkHeader(opaque)).alpha, false);
});

Deno.test("A TIFF whose directories never end is refused at once", async () => {
  const pages = Array.from({ length: 3 }, () => GRAYS);
  const bytes = tiff({ ...SIZE, pages });
  const view = new DataView(bytes.buffer);
  const first = view.getUint32(4, true);
  // The second directory leads back to the first.
  const second = view.getUint32(
    first + 2 + 12 * view.getUint16(first, true),
    true,
  );
  view.setUint32(second + 2 + 12 * view.getUint16(second, true), first, true);
  await assert.rejects(decode(bytes, 1), /directories form a loop/);
  // A list of numbers without end.
  const long = gray({}, GRAYS);
  const other = new DataView(long.buffer);
  const directory = other.getUint32(4, true);
  other.setUint32(directory + 2 + 12 * 2 + 4, 2 ** 31, true);
  await assert.rejects(decode(long, 1), /directories have no end/);
});
