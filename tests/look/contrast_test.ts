/**
 * @file What is written and drawn can be read: WCAG 2.2, 1.4.3 (text, 4.5 : 1)
 * and 1.4.11 (what is drawn, 3 : 1), in light and in dark.
 */
import assert from "@std/assert";
import { COLOURS } from "../../lib/look/draw/chart.ts";

const [TEXT, DRAWN] = [4.5, 3];
const ROOT = new URL("../../", import.meta.url).pathname;

/** Relative luminance of `#rgb` or `#rrggbb`, 0 to 1. */
function luminance(colour: string): number {
  const short = /^#(.)(.)(.)$/.exec(colour);
  const long = short ? `#${short.slice(1).map((x) => x + x).join("")}` : colour;
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(long.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Contrast of two colours, 1 to 21. */
function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) =>
    x - y
  );
  return (light + 0.05) / (dark + 0.05);
}

/** Rules of a style sheet: what they are for, and their declarations. */
const rulesOf = (css: string): (readonly [string, string])[] =>
  [...css.matchAll(/([^{}]*)\{([^{}]*)\}/g)].map((
    [, selector = "", body = ""],
  ) => [selector, body]);

/** A declaration's value in a rule. */
const valueOf = (rule: string, property: string): string | undefined =>
  new RegExp(`(?:^|[;{\\s])${property}:\\s*([^;]+)`).exec(rule)?.[1]
    ?.replace("!important", "").trim();

/** The part of a style sheet that holds for dark pages, and the rest. */
function parted(
  css: string,
): { readonly light: string; readonly dark: string } {
  const start = css.search(
    /@media ?(?:screen and )?\(prefers-color-scheme: ?dark\)/,
  );
  let [end, depth] = [css.indexOf("{", start) + 1, 1];
  for (; depth > 0; end++) {
    if (css[end] === "{") depth++;
    if (css[end] === "}") depth--;
  }
  return {
    light: css.slice(0, start) + css.slice(end),
    dark: css.slice(css.indexOf("{", start) + 1, end - 1),
  };
}

/** Pairs that are too much alike, such as `--quiet on --sheet: 4.1`. */
class Faults {
  readonly found: string[] = [];
  pairs = 0;

  check(what: string, front: string, ground: string, least: number): void {
    this.pairs++;
    const reached = contrast(front, ground);
    if (reached < least) this.found.push(`${what}: ${reached.toFixed(2)}`);
  }
}

Deno.test("Contrast is that of WCAG's own examples", () => {
  assert.equal(contrast("#000000", "#ffffff"), 21);
  assert.equal(contrast("#777777", "#fff").toFixed(2), "4.48");
  assert.equal(contrast("#767676", "#ffffff").toFixed(2), "4.54");
});

Deno.test("The studio's text and drawings stand out in light and in dark", async () => {
  const css = await Deno.readTextFile(`${ROOT}lib/studio/page/style.css`);
  const { light, dark } = parted(css);
  const variables = (text: string): [string, string][] =>
    [...text.matchAll(/(--[\w-]+): (#\w{6});/g)].map((
      [, name = "", value],
    ) => [name, value ?? ""]);
  const faults = new Faults();
  for (
    const [theme, values] of [
      ["light", new Map(variables(light))],
      ["dark", new Map([...variables(light), ...variables(dark)])],
    ] as const
  ) {
    const colourOf = (value: string): string | undefined => {
      const [, name] = /^var\((--[\w-]+)\)$/.exec(value) ?? [];
      const colour = name ? values.get(name) : value;
      return colour && /^#\w{6}$/.test(colour) ? colour : undefined;
    };
    const all = ["var(--paper)", "var(--sheet)"];
    for (const [selector, rule] of rulesOf(light)) {
      // The graph is drawn on white, as it is sent to others.
      const isGraph = selector.includes(".graph");
      const grounds = isGraph ? ["#ffffff"] : all;
      const own = valueOf(rule, "background");
      const ground = own && colourOf(own);
      // What has no colour of its own is written in ink.
      const text = valueOf(rule, "color") ??
        (ground && !isGraph ? "var(--ink)" : "none");
      const colour = colourOf(text);
      for (const under of own && ground ? [own] : grounds) {
        const below = colourOf(under);
        if (!colour || !below) continue;
        // Swatches and dots hold no text.
        if (!valueOf(rule, "color") && /width|content/.test(rule)) continue;
        faults.check(`${theme}: ${text} on ${under}`, colour, below, TEXT);
      }
      for (const property of ["stroke", "outline-color"]) {
        const drawn = colourOf(valueOf(rule, property) ?? "");
        // Lines of a grid are no message.
        if (!drawn || drawn === values.get("--line")) continue;
        for (const under of grounds) {
          const below = colourOf(under) ?? "";
          faults.check(`${theme}: ${property} ${drawn}`, drawn, below, DRAWN);
        }
      }
    }
    for (const under of all) {
      const below = colourOf(under) ?? "";
      const focus = values.get("--focus") ?? "";
      faults.check(`${theme}: focus on ${under}`, focus, below, DRAWN);
    }
    for (const colour of COLOURS) {
      const paper = values.get("--paper") ?? "";
      faults.check(`${theme}: curve ${colour}`, colour, paper, DRAWN);
    }
  }
  assert.deepEqual([...new Set(faults.found)], []);
  assert.ok(faults.pairs > 100, `${faults.pairs} pairs`);
});

Deno.test("A report's text and curves stand out on paper, in light and in dark", async () => {
  const source = await Deno.readTextFile(`${ROOT}lib/report/page.ts`);
  const [, css = ""] = /const STYLE = `(.*?)`;/s.exec(source) ?? [];
  const { light, dark } = parted(css);
  const body = (text: string, property: string): string =>
    valueOf(/body\{([^}]*)\}/.exec(text)?.[1] ?? "", property) ?? "";
  const faults = new Faults();
  for (const [theme, text] of [["light", light], ["dark", dark]] as const) {
    const ground = body(text, "background");
    assert.match(ground, /^#/, theme);
    for (const [, rule] of rulesOf(text)) {
      const colour = valueOf(rule, "color") ?? valueOf(rule, "fill");
      const own = valueOf(rule, "background");
      if (!colour?.startsWith("#")) continue;
      const under = own && /^#(...|.{6})$/.test(own) ? own : ground;
      faults.check(`${theme}: ${colour} on ${under}`, colour, under, TEXT);
    }
    for (const colour of COLOURS) {
      faults.check(`${theme}: curve ${colour}`, colour, ground, DRAWN);
    }
  }
  assert.deepEqual(faults.found, []);
  assert.ok(faults.pairs > 25, `${faults.pairs} pairs`);
});
