/** @file Elements of the page. Text is always text: names come from files of strangers. */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { type Shape, toSvgNode } from "../../look/draw/shape.ts";

/** Attributes; functions listen to events, `true` stands for a bare attribute. */
export type Attributes = Readonly<
  Record<
    string,
    // deno-lint-ignore no-explicit-any
    string | number | boolean | undefined | ((event: any) => void)
  >
>;

/** What can stand in an element; what is undefined or false is left out. */
export type Child = Node | string | undefined | false | readonly Child[];

function append(parent: Node, children: readonly Child[]): void {
  for (const child of children) {
    if (child === undefined || child === false) continue;
    if (Array.isArray(child)) append(parent, child);
    else {parent.appendChild(
        typeof child === "string"
          ? document.createTextNode(child)
          : child as Node,
      );}
  }
}

/** An element. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

/** Puts other content into an element. */
export function fill(element: Element, ...children: readonly Child[]): void {
  element.replaceChildren();
  append(element, children);
}

/** A drawing as a node of the page. */
export const drawn = (shape: Shape): SVGElement =>
  toSvgNode(shape, {
    createElementNS: (space, tag) =>
      document.createElementNS(space, tag) as SVGElement,
    createTextNode: (text) => document.createTextNode(text),
  });

/** Tells those who do not see the page what happened. */
export function say(text: string): void {
  const place = document.getElementById("said");
  if (place) place.textContent = text;
}

/**
 * Does what takes a while. What goes wrong stands in a place of the page, unless
 * the page was left meanwhile: then it was ended, and nobody asks.
 */
export async function orSay(
  place: HTMLElement,
  signal: AbortSignal,
  body: () => Promise<void>,
): Promise<void> {
  try {
    await body();
  } catch (error) {
    if (signal.aborted) return;
    place.textContent = (error as Error).message;
    place.classList.add("problem");
  }
}

/** `75.3 %`, or a dash. */
export const percent = (share: unknown): string =>
  typeof share === "number" ? `${(100 * share).toFixed(1)} %` : "–";

/** A number, or a dash. */
export const figure = (value: unknown, digits = 4): string =>
  typeof value === "number" ? String(Number(value.toPrecision(digits))) : "–";

/** `1 h 02 min`, `3 min 05 s`, `12 s`. */
export function duration(seconds: unknown): string {
  if (typeof seconds !== "number" || !(seconds >= 0)) return "–";
  const whole = Math.round(seconds);
  const [hours, minutes] = [
    Math.floor(whole / 3600),
    Math.floor(whole / 60) % 60,
  ];
  const two = (n: number): string => String(n).padStart(2, "0");
  if (hours > 0) return `${hours} h ${two(minutes)} min`;
  return minutes > 0 ? `${minutes} min ${two(whole % 60)} s` : `${whole} s`;
}

/** A date as it is read here. */
export const date = (ms: number): string =>
  ms > 0
    ? new Date(ms).toLocaleString([], {
      dateStyle: "short",
      timeStyle: "short",
    })
    : "–";

/** Calls at most once a frame. */
export function eachFrame(body: () => void): () => void {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      body();
    });
  };
}

/** Calls after a pause, once. */
export function later(body: () => void, ms: number): () => void {
  let timer: number | undefined;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(body, ms) as unknown as number;
  };
}
