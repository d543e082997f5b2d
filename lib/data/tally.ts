/** @file What files of a set were like and what was made of them, counted for one line each. */
import { counted } from "../counted.ts";
import type { Seen } from "./decode.ts";
import { bandText, sampleText } from "./formats/raster.ts";
import { ANIMATIONS, isOrdinary, rangeText, type Reading } from "./reading.ts";
import type { ImageShape } from "./source.ts";

/** Proportions that differ by less are called the same. */
const SAME_PROPORTIONS = 0.02;

/** How many files had something, and what the first of them was like. */
class Count {
  files = 0;
  first = "";

  add(first: string): void {
    if (this.files++ === 0) this.first = first;
  }

  /** `3 images`, or `all images`. */
  of(all: number): string {
    return this.files === all ? "all images" : counted(this.files, "image");
  }
}

/** Counts what is worth a line before training. */
export class Tally {
  readonly #shape: ImageShape;
  readonly #reading: Reading;
  #all = 0;
  #least = Number.POSITIVE_INFINITY;
  #most = 0;
  #smallest = "";
  #largest = "";
  #clipped = 0;
  readonly #cut = new Count();
  readonly #enlarged = new Count();
  readonly #animations = new Count();
  readonly #covered = new Count();
  readonly #gray = new Count();
  readonly #colours = new Count();
  readonly #remarks = new Map<string, Count>();

  constructor(shape: ImageShape, reading: Reading) {
    this.#shape = shape;
    this.#reading = reading;
  }

  /** Takes note of a file. */
  see({ facts: stored, clipped }: Seen): void {
    const { height, width, channels } = this.#shape;
    const { orientation = 1 } = stored;
    const facts = orientation < 5
      ? stored
      : { ...stored, width: stored.height, height: stored.width };
    const size = `${facts.width}x${facts.height}`;
    const area = facts.width * facts.height;
    this.#all++;
    this.#clipped += clipped;
    if (area < this.#least) [this.#least, this.#smallest] = [area, size];
    if (area > this.#most) [this.#most, this.#largest] = [area, size];
    const proportion = facts.width * height / (facts.height * width);
    if (Math.abs(Math.log(proportion)) > SAME_PROPORTIONS) this.#cut.add(size);
    if (orientation > 1) {
      this.#remark("turned upright by their orientation", size);
    }
    if (facts.width < width || facts.height < height) this.#enlarged.add(size);
    const { bands, page } = this.#reading;
    const moves = ANIMATIONS.includes(facts.format);
    if (facts.pages > 1 && moves && page === undefined) {
      this.#animations.add(size);
    }
    if (facts.alpha && !bands) this.#covered.add(size);
    const colours = facts.bands - Number(facts.alpha ?? false);
    if (!bands && colours === 1 && channels === 3) this.#gray.add(size);
    if (!bands && colours === 3 && channels === 1) this.#colours.add(size);
    if (!isOrdinary(facts) || Array.isArray(this.#reading.range)) {
      this.#remark(`${sampleText(facts)} samples are scaled`, size);
    }
    if (facts.remark) this.#remark(`${facts.format}: ${facts.remark}`, size);
    if (bands) {
      this.#remark(`bands ${bands.join(", ")} of ${bandText(facts)}`, size);
    }
    if (page !== undefined && facts.pages > 1) {
      this.#remark(`page ${page}${moves ? "" : ` of ${facts.pages}`}`, size);
    }
  }

  #remark(what: string, first: string): void {
    const count = this.#remarks.get(what) ?? new Count();
    this.#remarks.set(what, count);
    count.add(first);
  }

  /** One line for each thing that was done to images. */
  get lines(): readonly string[] {
    const { height, width } = this.#shape;
    const lines: string[] = [];
    const all = this.#all;
    if (all === 0) return lines;
    const sizes = this.#smallest === this.#largest
      ? `${this.#largest} pixels`
      : `${this.#smallest} to ${this.#largest} pixels`;
    const cut = this.#cut;
    const enlarged = this.#enlarged.files > 0
      ? `, ${this.#enlarged.of(all)} enlarged`
      : "";
    const parts = cut.files > 0
      ? `, what stands over at two sides cut off in ${
        cut.of(all)
      } (such as ${cut.first})`
      : "";
    if (this.#largest !== `${width}x${height}` || cut.files > 0) {
      lines.push(
        `files of ${sizes}, scaled to ${width}x${height}${parts}${enlarged}`,
      );
    }
    if (this.#animations.files > 0) {
      lines.push(
        `${this.#animations.of(all)} with several frames: the first one counts`,
      );
    }
    if (this.#gray.files > 0) {
      lines.push(`gray, the same in all 3 channels: ${this.#gray.of(all)}`);
    }
    if (this.#colours.files > 0) {
      lines.push(`colours made gray: ${this.#colours.of(all)}`);
    }
    if (this.#covered.files > 0) {
      lines.push(
        `${this.#covered.of(all)} with transparency, laid over black`,
      );
    }
    for (const [what, count] of this.#remarks) {
      const { range } = this.#reading;
      const share = 100 * this.#clipped / all;
      const beyond = share > 0
        ? `, ${
          share < 0.1 ? "less than 0.1" : share.toFixed(1)
        } % of them beyond`
        : "";
      const from = !what.endsWith("scaled") || range === undefined
        ? ""
        : ` from ${
          range === "full" ? "their full range" : rangeText(range)
        }${beyond}`;
      lines.push(`${what}${from}: ${count.of(all)}`);
    }
    return lines;
  }
}
