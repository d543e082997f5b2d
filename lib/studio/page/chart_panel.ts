/** @file A chart that can be zoomed, by pointer and by keys, and that goes on as a run does. */
/// <reference lib="dom" />
import type { Buckets } from "../../look/draw/buckets.ts";
import { lowerBound } from "../../look/draw/buckets.ts";
import {
  chart,
  type ChartOptions,
  colourOf,
  MARGIN,
  scaleOf,
} from "../../look/draw/chart.ts";
import { label } from "../../look/draw/ticks.ts";
import { drawn, eachFrame, fill, h, later } from "./dom.ts";

/** The range that all charts of a page show. */
export class Zoom {
  #range: readonly [number, number] | undefined;
  readonly #listeners = new Set<() => void>();

  /** Undefined where all is shown. */
  get range(): readonly [number, number] | undefined {
    return this.#range;
  }

  /** Shows a range, or all. */
  set(range: readonly [number, number] | undefined): void {
    this.#range = range;
    for (const listener of this.#listeners) listener();
  }

  /** Calls when the range has changed, until the signal says otherwise. */
  listen(listener: () => void, signal: AbortSignal): void {
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener));
  }
}

/** What a panel draws, without its size and range. */
export type Drawing = Pick<
  ChartOptions,
  "title" | "curves" | "limits" | "marks" | "log" | "xName"
>;

/** Where a panel's curves come from. */
export interface Source {
  /** Reads curves of a range in as many pixels. */
  load(
    range: readonly [number, number] | undefined,
    width: number,
    signal: AbortSignal,
  ): Promise<void>;
  /** What there is to draw now. */
  drawing(): Drawing;
}

const HEIGHT = 190;

/** A chart in its place. */
export class ChartPanel {
  readonly element: HTMLElement;
  readonly #plot: HTMLElement;
  readonly #readout: HTMLElement;
  readonly #cross: HTMLElement;
  #seen = false;
  #width = 0;
  #loading: AbortController | undefined;
  readonly #reload = later(() => void this.load(), 60);
  /** Draws in the next frame. */
  readonly draw: () => void = eachFrame(() => this.#draw());

  readonly source: Source;
  readonly zoom: Zoom;

  /**
   * @param head What stands above the plot.
   * @param signal Aborted when the page shows something else.
   */
  constructor(
    source: Source,
    zoom: Zoom,
    signal: AbortSignal,
    head: HTMLElement,
  ) {
    this.source = source;
    this.zoom = zoom;
    this.#readout = h("output", { class: "readout", "aria-live": "off" });
    this.#cross = h("div", { class: "cross", hidden: true });
    this.#plot = h("div", {
      class: "plot",
      tabindex: 0,
      role: "group",
      "aria-label": source.drawing().title,
      "aria-roledescription":
        "chart, zoomed with plus and minus, moved with the arrows, 0 shows all",
      keydown: (event: KeyboardEvent) => this.#key(event),
      pointerdown: (event: PointerEvent) => this.#drag(event),
      pointermove: (event: PointerEvent) => this.#point(event),
      pointerleave: () => this.#leave(),
      dblclick: () => this.zoom.set(undefined),
    });
    this.element = h(
      "section",
      { class: "panel" },
      head,
      h("div", { class: "plot-place" }, this.#plot, this.#cross),
      this.#readout,
    );
    // Charts that nobody sees are neither loaded nor drawn.
    const seen = new IntersectionObserver((entries) => {
      const was = this.#seen;
      this.#seen = entries.some(({ isIntersecting }) => isIntersecting);
      if (this.#seen && !was) {
        if (this.#width === 0) this.#resize();
        void this.load();
      }
    }, { rootMargin: "200px" });
    seen.observe(this.element);
    const sized = new ResizeObserver(() => this.#resize());
    sized.observe(this.#plot);
    signal.addEventListener("abort", () => {
      // Nothing more is asked for.
      this.#seen = false;
      seen.disconnect();
      sized.disconnect();
      this.#loading?.abort();
    });
    zoom.listen(() => {
      this.draw();
      this.#reload();
    }, signal);
  }

  /** Reads the curves anew, if somebody sees them. */
  async load(): Promise<void> {
    if (!this.#seen || this.#width === 0) return;
    this.#loading?.abort();
    const loading = this.#loading = new AbortController();
    try {
      await this.source.load(this.zoom.range, this.#width, loading.signal);
      this.draw();
    } catch (error) {
      if (loading.signal.aborted) return;
      fill(this.#plot, h("p", { class: "problem" }, (error as Error).message));
    }
  }

  #resize(): void {
    const width = Math.floor(this.#plot.clientWidth);
    if (width === this.#width || width === 0) return;
    const first = this.#width === 0;
    this.#width = width;
    this.draw();
    if (!first) this.#reload();
  }

  get #options(): ChartOptions {
    const { range } = this.zoom;
    return {
      ...this.source.drawing(),
      width: this.#width,
      height: HEIGHT,
      ...(range ? { x: range } : {}),
    };
  }

  #draw(): void {
    if (!this.#seen || this.#width === 0) return;
    const svg = drawn(chart(this.#options));
    this.#plot.replaceChildren(svg);
    this.#plot.setAttribute("aria-label", svg.getAttribute("aria-label") ?? "");
  }

  #zoomBy(factor: number, centre?: number): void {
    const [from, to] = scaleOf(this.#options).range;
    const middle = centre ?? (from + to) / 2;
    this.zoom.set([
      middle - (middle - from) * factor,
      middle + (to - middle) * factor,
    ]);
  }

  #key(event: KeyboardEvent): void {
    const [from, to] = scaleOf(this.#options).range;
    const move = (to - from) / 5;
    const keys: Readonly<Record<string, () => void>> = {
      "+": () => this.#zoomBy(0.5),
      "=": () => this.#zoomBy(0.5),
      "-": () => this.#zoomBy(2),
      "0": () => this.zoom.set(undefined),
      Escape: () => this.zoom.set(undefined),
      ArrowLeft: () => this.zoom.set([from - move, to - move]),
      ArrowRight: () => this.zoom.set([from + move, to + move]),
    };
    const act = keys[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  }

  #pixel(event: PointerEvent): number {
    return event.clientX - this.#plot.getBoundingClientRect().left;
  }

  #drag(event: PointerEvent): void {
    if (event.button !== 0) return;
    const start = this.#pixel(event);
    const band = h("div", { class: "selection" });
    this.#plot.append(band);
    const move = (moved: PointerEvent): void => {
      const at = this.#pixel(moved);
      band.style.left = `${Math.min(start, at)}px`;
      band.style.width = `${Math.abs(at - start)}px`;
    };
    const end = (ended: PointerEvent): void => {
      globalThis.removeEventListener("pointermove", move);
      globalThis.removeEventListener("pointerup", end);
      band.remove();
      const [a, b] = [start, this.#pixel(ended)].sort((x, y) => x - y) as [
        number,
        number,
      ];
      if (b - a < 6) return;
      const scale = scaleOf(this.#options);
      this.zoom.set([scale.xAt(a), scale.xAt(b)]);
    };
    globalThis.addEventListener("pointermove", move);
    globalThis.addEventListener("pointerup", end);
  }

  /** Tells the values under the pointer. */
  #point(event: PointerEvent): void {
    const options = this.#options;
    if (options.curves.length === 0) return;
    const scale = scaleOf(options);
    const pixel = this.#pixel(event);
    if (pixel < MARGIN.left || pixel > this.#width - MARGIN.right) {
      return this.#leave();
    }
    const x = scale.xAt(pixel);
    this.#cross.hidden = false;
    this.#cross.style.left = `${pixel}px`;
    fill(
      this.#readout,
      h("span", { class: "quiet" }, `${options.xName ?? "x"} ${label(x)}`),
      options.curves.slice(0, 8).map(({ name, colour, points }) => {
        const value = valueAt(points, x);
        const mark = h("span", { class: "swatch" });
        mark.style.background = colourOf(colour);
        return h("span", {}, mark, `${name} ${value}`);
      }),
    );
  }

  #leave(): void {
    this.#cross.hidden = true;
    fill(this.#readout);
  }
}

/** The value of a curve at a place; of several in one pixel, the range. */
function valueAt({ x, least, largest }: Buckets, place: number): string {
  if (x.length === 0) return "–";
  const after = Math.min(lowerBound(x, place), x.length - 1);
  const before = Math.max(0, after - 1);
  const near = Math.abs((x[after] as number) - place) <
      Math.abs((x[before] as number) - place)
    ? after
    : before;
  const [low, high] = [least[near] as number, largest[near] as number];
  return label(low) === label(high)
    ? label(low)
    : `${label(low)} … ${label(high)}`;
}
