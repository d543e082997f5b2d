/** @file Ordinary JPEGs to images of a shape by libtensorflow, in batches: the same pixels as sharp's, sooner. */
import { setImmediate } from "node:timers";
import { JpegDecoder, type JpegRatio } from "../engine/decode_jpeg.ts";
import type { Engine } from "../engine/open.ts";
import type { BorrowedTensor } from "../engine/tensor.ts";
import { type PlainFrame, plainFrame } from "./formats/jpeg_frame.ts";
import { isWholeScan } from "./formats/jpeg_scan.ts";
import { isReducible, Reduction } from "./reduce.ts";
import type { ImageShape } from "./source.ts";

/** Files of a call, and values that it may decode to. */
const MOST_FILES = 32;
const MOST_VALUES = 2 ** 24;

/**
 * Bytes of a file, times threads: larger files are better left to sharp, whose
 * threads read all of a file. Here one thread looks at the codes.
 */
const MOST_BYTES = 2 ** 18;

interface Wanted {
  readonly file: Uint8Array<ArrayBuffer>;
  /** Values that it decodes to. */
  readonly values: number;
  readonly done: PromiseWithResolvers<BorrowedTensor | undefined>;
}

/** Gathers files while a call runs, for the next one. */
class Queue {
  readonly #decoder: JpegDecoder;
  readonly #waiting = new Map<JpegRatio, Wanted[]>();
  #running = false;
  #scheduled = false;

  constructor(readonly threads: number, decoder: JpegDecoder) {
    this.#decoder = decoder;
  }

  decode(
    file: Uint8Array<ArrayBuffer>,
    ratio: JpegRatio,
    values: number,
  ): Promise<BorrowedTensor | undefined> {
    const done = Promise.withResolvers<BorrowedTensor | undefined>();
    const waiting = this.#waiting.get(ratio) ?? [];
    waiting.push({ file, values, done });
    this.#waiting.set(ratio, waiting);
    if (!this.#running && !this.#scheduled) {
      // Others have been read by now, and come in the same turn.
      this.#scheduled = true;
      setImmediate(() => {
        this.#scheduled = false;
        this.#run();
      });
    }
    return done.promise;
  }

  #next(): { ratio: JpegRatio; batch: Wanted[] } | undefined {
    for (const [ratio, waiting] of this.#waiting) {
      let count = 0;
      let values = 0;
      while (count < Math.min(waiting.length, MOST_FILES)) {
        values += waiting[count]?.values ?? 0;
        if (count > 0 && values > MOST_VALUES) break;
        count++;
      }
      // What waits longest for its turn is next.
      this.#waiting.delete(ratio);
      const rest = waiting.slice(count);
      if (rest.length > 0) this.#waiting.set(ratio, rest);
      return { ratio, batch: waiting.slice(0, count) };
    }
    return undefined;
  }

  async #run(): Promise<void> {
    const next = this.#running ? undefined : this.#next();
    if (!next) return;
    const { ratio, batch } = next;
    this.#running = true;
    try {
      const results = await this.#decoder.decode(
        batch.map(({ file }) => file),
        ratio,
      );
      batch.forEach(({ done }, i) => done.resolve(results[i]));
    } catch (error) {
      for (const { done } of batch) done.reject(error);
    } finally {
      this.#running = false;
      // Before anyone looks at the results: both go on side by side.
      this.#run();
    }
  }
}

/** One for all who decode: libtensorflow is opened once a process, too. */
const queues = new WeakMap<Engine["api"], Queue>();

function queueOf({ api, threads }: Engine): Queue {
  let queue = queues.get(api);
  if (!queue) {
    queue = new Queue(threads, new JpegDecoder(api, threads));
    queues.set(api, queue);
  }
  return queue;
}

/** How an image of some size becomes one of the shape. */
interface Way {
  readonly ratio: JpegRatio;
  /** Absent where nothing is left to do. */
  readonly reduction?: Reduction;
}

/** Sizes that are remembered. */
const MOST_WAYS = 256;

/** Decodes to images of a shape. */
export class EngineJpegs {
  readonly #queue: Queue;
  readonly #shape: ImageShape;
  readonly #ways = new Map<string, Way | undefined>();

  constructor(engine: Engine, shape: ImageShape) {
    this.#queue = queueOf(engine);
    this.#shape = shape;
  }

  /**
   * @returns `[height, width, channels]`; `undefined` of files that are no
   *   ordinary ones or not whole: sharp decodes them, or says what is wrong.
   */
  async decode(file: Uint8Array): Promise<Uint8Array | undefined> {
    if (file.length * this.#queue.threads > MOST_BYTES) return undefined;
    const frame = plainFrame(file);
    const way = frame && this.#wayOf(frame);
    if (!frame || !way || !isWholeScan(file, frame)) return undefined;
    const bands = frame.components.length;
    const area = Math.ceil(frame.width / way.ratio) *
      Math.ceil(frame.height / way.ratio);
    using decoded = await this.#queue.decode(
      file as Uint8Array<ArrayBuffer>,
      way.ratio,
      area * bands,
    );
    if (!decoded) return undefined;
    const { bytes } = decoded;
    const fitted = way.reduction?.apply(bytes, bands) ?? bytes.slice();
    return bands === this.#shape.channels ? fitted : inColour(fitted);
  }

  #wayOf({ width, height, components }: PlainFrame): Way | undefined {
    // What gray of colours is, libvips knows.
    if (components.length > this.#shape.channels) return undefined;
    const key = `${width}x${height}`;
    if (this.#ways.has(key)) return this.#ways.get(key);
    if (this.#ways.size >= MOST_WAYS) this.#ways.clear();
    const way = wayOf(width, height, this.#shape);
    this.#ways.set(key, way);
    return way;
  }
}

/** As sharp chooses by how much a JPEG is made smaller while it is decoded. */
function ratioOf(shrink: number): JpegRatio {
  const most = shrink >= 8 ? 8 : shrink >= 4 ? 4 : shrink >= 2 ? 2 : 1;
  return (most > 1 && Math.trunc(shrink) === most
    ? most / 2
    : most) as JpegRatio;
}

function wayOf(
  width: number,
  height: number,
  shape: ImageShape,
): Way | undefined {
  const ratio = ratioOf(Math.min(width / shape.width, height / shape.height));
  // A last part of a pixel is decoded, and left out.
  const [pitch, lines] = [width, height].map((side) =>
    Math.ceil(side / ratio)
  ) as [number, number];
  const [wide, high] = [width, height].map((side) =>
    Math.floor(side / ratio)
  ) as [number, number];
  if (pitch * lines * shape.channels > MOST_VALUES) return undefined;
  const fits = wide === shape.width && high === shape.height;
  if (fits && pitch === wide && lines === high) return { ratio };
  if (!isReducible(wide, high, shape)) return undefined;
  return { ratio, reduction: new Reduction(wide, high, shape, pitch) };
}

function inColour(gray: Uint8Array): Uint8Array {
  const wide = new Uint8Array(3 * gray.length);
  for (let i = 0, at = 0; i < gray.length; i++) {
    const value = gray[i] as number;
    wide[at++] = value;
    wide[at++] = value;
    wide[at++] = value;
  }
  return wide;
}
