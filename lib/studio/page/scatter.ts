/** @file Points of a plane: tens of thousands, drawn pixel by pixel, so that no graphics card is needed. */
/// <reference lib="dom" />
import { eachFrame, h } from "./dom.ts";

/** Colours of groups, as red, green and blue. */
const HUES = 12;

/** A colour of a group; of more groups than colours, some share one. */
export function groupColour(group: number): readonly [number, number, number] {
  if (group < 0) return [128, 128, 128];
  // Golden angle: neighbours differ, and so do light and dark rounds.
  const hue = (group * 137.508) % 360;
  const light = 0.5 + 0.1 * (Math.floor(group / HUES) % 2);
  const part = (n: number): number => {
    const k = (n + hue / 30) % 12;
    const a = 0.62 * Math.min(light, 1 - light);
    return Math.round(
      255 * (light - a * Math.max(-1, Math.min(k - 3, 9 - k, 1))),
    );
  };
  return [part(0), part(8), part(4)];
}

/** What a plot of points tells. */
export interface ScatterEvents {
  /** The point under the pointer, or none, and where it is in the page. */
  hover(point: number | undefined, x: number, y: number): void;
  choose(point: number): void;
  /** Points within a lasso. */
  lasso(points: readonly number[]): void;
}

/** How far from a point the pointer may be. */
const REACH = 14;

/** Points, which can be moved, zoomed, pointed at and encircled. */
export class Scatter {
  readonly element: HTMLElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #overlay: HTMLCanvasElement;
  readonly #events: ScatterEvents;
  #points: Float32Array = new Float32Array(0);
  #groups: ArrayLike<number> = [];
  #shown: (group: number) => boolean = () => true;
  #marked = new Set<number>();
  #size = [0, 0] as [number, number];
  /** Of the plane: its middle, and pixels of a unit. */
  #view = { x: 0, y: 0, scale: 1 };
  #lassoing = false;
  readonly draw: () => void = eachFrame(() => this.#draw());
  /** Milliseconds that the last drawing took. */
  took = 0;

  constructor(events: ScatterEvents, signal: AbortSignal) {
    this.#events = events;
    this.#canvas = h("canvas", {
      tabindex: 0,
      role: "img",
      "aria-label":
        "Embeddings as points; arrows move, plus and minus zoom, 0 shows all",
      keydown: (event: KeyboardEvent) => this.#key(event),
      pointerdown: (event: PointerEvent) => this.#down(event),
      pointermove: (event: PointerEvent) => this.#hover(event),
      pointerleave: () => this.#events.hover(undefined, 0, 0),
      wheel: (event: WheelEvent) => {
        event.preventDefault();
        this.#zoom(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY);
      },
      dblclick: () => this.fit(),
    });
    this.#overlay = h("canvas", { class: "overlay", "aria-hidden": "true" });
    this.element = h("div", { class: "scatter" }, this.#canvas, this.#overlay);
    const sized = new ResizeObserver(() => this.#resize());
    sized.observe(this.element);
    signal.addEventListener("abort", () => sized.disconnect());
  }

  /** Whether a drag encircles points instead of moving the plane. */
  set lassoing(value: boolean) {
    this.#lassoing = value;
    this.#canvas.classList.toggle("lassoing", value);
  }

  /** Shows points, `[count, 2]`. */
  set(points: Float32Array, label: string): void {
    this.#points = points;
    this.#canvas.setAttribute(
      "aria-label",
      `${label}; arrows move, plus and minus zoom, 0 shows all`,
    );
    this.fit();
  }

  /** Colours points by group; those of groups that are not shown are faint. */
  colour(groups: ArrayLike<number>, shown: (group: number) => boolean): void {
    this.#groups = groups;
    this.#shown = shown;
    this.draw();
  }

  /** Points out some. */
  mark(points: Iterable<number>): void {
    this.#marked = new Set(points);
    this.draw();
  }

  /** Shows all points. */
  fit(): void {
    let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let i = 0; i < this.#points.length; i += 2) {
      const [x, y] = [this.#points[i] as number, this.#points[i + 1] as number];
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      if (y > bottom) bottom = y;
    }
    const [width, height] = this.#size;
    const scale = 0.94 *
      Math.min(width / (right - left || 1), height / (bottom - top || 1));
    this.#view = {
      x: (left + right) / 2 || 0,
      y: (top + bottom) / 2 || 0,
      scale: scale > 0 && Number.isFinite(scale) ? scale : 1,
    };
    this.draw();
  }

  #resize(): void {
    const { clientWidth, clientHeight } = this.element;
    if (clientWidth === 0) return;
    const first = this.#size[0] === 0;
    this.#size = [clientWidth, clientHeight];
    for (const canvas of [this.#canvas, this.#overlay]) {
      canvas.width = clientWidth;
      canvas.height = clientHeight;
    }
    if (first) this.fit();
    else this.draw();
  }

  #draw(): void {
    const begun = performance.now();
    const [width, height] = this.#size;
    const context = this.#canvas.getContext("2d");
    if (!context || width === 0) return;
    const image = context.createImageData(width, height);
    // A pixel is one write.
    const pixels = new Uint32Array(image.data.buffer);
    const { x, y, scale } = this.#view;
    const radius = this.#points.length > 20_000 ? 1 : 2;
    const dot = (point: number, colour: number, size: number): void => {
      const left = Math.round(
        ((this.#points[2 * point] as number) - x) * scale + width / 2,
      );
      const top = Math.round(
        ((this.#points[2 * point + 1] as number) - y) * scale + height / 2,
      );
      for (let row = top - size; row <= top + size; row++) {
        if (row < 0 || row >= height) continue;
        for (let column = left - size; column <= left + size; column++) {
          if (column >= 0 && column < width) {
            pixels[row * width + column] = colour;
          }
        }
      }
    };
    const colours = new Map<number, number>();
    const colourOf = (group: number): number => {
      const known = colours.get(group);
      if (known !== undefined) return known;
      const [r, g, b] = groupColour(group);
      const alpha = this.#shown(group) ? 255 : 26;
      const colour = ((alpha << 24) | (b << 16) | (g << 8) | r) >>> 0;
      colours.set(group, colour);
      return colour;
    };
    const count = this.#points.length / 2;
    for (const faint of [true, false]) {
      for (let point = 0; point < count; point++) {
        const group = this.#groups[point] ?? -1;
        if (this.#shown(group) === faint) continue;
        dot(point, colourOf(group), radius);
      }
    }
    for (const point of this.#marked) {
      dot(point, 0xff000000, radius + 3);
      dot(point, 0xffffffff, radius + 2);
      dot(point, colourOf(this.#groups[point] ?? -1), radius + 1);
    }
    context.putImageData(image, 0, 0);
    this.took = performance.now() - begun;
  }

  #at(px: number, py: number): number | undefined {
    const [width, height] = this.#size;
    const { x, y, scale } = this.#view;
    const [wx, wy] = [
      (px - width / 2) / scale + x,
      (py - height / 2) / scale + y,
    ];
    let [found, least] = [
      undefined as number | undefined,
      (REACH / scale) ** 2,
    ];
    for (let i = 0; i < this.#points.length; i += 2) {
      const d = ((this.#points[i] as number) - wx) ** 2 +
        ((this.#points[i + 1] as number) - wy) ** 2;
      if (d < least) [found, least] = [i / 2, d];
    }
    return found;
  }

  #zoom(factor: number, px = this.#size[0] / 2, py = this.#size[1] / 2): void {
    const [width, height] = this.#size;
    const { x, y, scale } = this.#view;
    const [dx, dy] = [px - width / 2, py - height / 2];
    const next = scale * factor;
    this.#view = {
      x: x + dx / scale - dx / next,
      y: y + dy / scale - dy / next,
      scale: next,
    };
    this.draw();
  }

  #move(dx: number, dy: number): void {
    const { x, y, scale } = this.#view;
    this.#view = { x: x - dx / scale, y: y - dy / scale, scale };
    this.draw();
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const keys: Readonly<Record<string, () => void>> = {
      "+": () => this.#zoom(1.4),
      "=": () => this.#zoom(1.4),
      "-": () => this.#zoom(1 / 1.4),
      "0": () => this.fit(),
      ArrowLeft: () => this.#move(60, 0),
      ArrowRight: () => this.#move(-60, 0),
      ArrowUp: () => this.#move(0, 60),
      ArrowDown: () => this.#move(0, -60),
    };
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  #hover(event: PointerEvent): void {
    if (event.buttons !== 0) return;
    const point = this.#at(event.offsetX, event.offsetY);
    this.#events.hover(point, event.clientX, event.clientY);
  }

  #down(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.#canvas.setPointerCapture(event.pointerId);
    const path: [number, number][] = [[event.offsetX, event.offsetY]];
    const lasso = this.#lassoing || event.shiftKey;
    const pen = this.#overlay.getContext("2d");
    const move = (moved: PointerEvent): void => {
      const [lastX, lastY] = path.at(-1) as [number, number];
      path.push([moved.offsetX, moved.offsetY]);
      if (!lasso) this.#move(moved.offsetX - lastX, moved.offsetY - lastY);
      else if (pen) {
        pen.clearRect(0, 0, ...this.#size);
        pen.beginPath();
        for (const [x, y] of path) pen.lineTo(x, y);
        pen.closePath();
        pen.fillStyle = "#2f6fd033";
        pen.strokeStyle = "#2f6fd0";
        pen.fill();
        pen.stroke();
      }
    };
    const end = (ended: PointerEvent): void => {
      this.#canvas.removeEventListener("pointermove", move);
      this.#canvas.removeEventListener("pointerup", end);
      pen?.clearRect(0, 0, ...this.#size);
      const [first] = path as [[number, number]];
      const far = path.some(([x, y]) =>
        Math.hypot(x - first[0], y - first[1]) > 4
      );
      if (!far) {
        const point = this.#at(ended.offsetX, ended.offsetY);
        if (point !== undefined) this.#events.choose(point);
      } else if (lasso) this.#events.lasso(this.#within(path));
    };
    this.#canvas.addEventListener("pointermove", move);
    this.#canvas.addEventListener("pointerup", end);
  }

  /** Points within a polygon, by the even-odd rule. */
  #within(path: readonly (readonly [number, number])[]): number[] {
    const [width, height] = this.#size;
    const { x, y, scale } = this.#view;
    const found: number[] = [];
    for (let i = 0; i < this.#points.length; i += 2) {
      const px = ((this.#points[i] as number) - x) * scale + width / 2;
      const py = ((this.#points[i + 1] as number) - y) * scale + height / 2;
      let inside = false;
      for (let a = 0, b = path.length - 1; a < path.length; b = a++) {
        const [ax, ay] = path[a] as readonly [number, number];
        const [bx, by] = path[b] as readonly [number, number];
        if (
          (ay > py) !== (by > py) && px < (bx - ax) * (py - ay) / (by - ay) + ax
        ) {
          inside = !inside;
        }
      }
      if (inside && this.#shown(this.#groups[i / 2] ?? -1)) found.push(i / 2);
    }
    return found;
  }
}
