/** @file Curves with no more points than pixels, and charts as text. */
import assert from "@std/assert";
import { appendTo, bucketsOf, noBuckets } from "../../lib/look/draw/buckets.ts";
import { chart } from "../../lib/look/draw/chart.ts";
import { shape, toSvgFile, toSvgText } from "../../lib/look/draw/shape.ts";
import { label, logTicks, ticks } from "../../lib/look/draw/ticks.ts";
import { Dice } from "../helpers/numeric.ts";

const range = (count: number): number[] =>
  Array.from({ length: count }, (_, i) => i);

Deno.test("No peak is lost however few pixels there are, and no value is made up", () => {
  const dice = new Dice(3);
  const xs = range(10_000);
  const ys = xs.map((x) => x === 7777 ? 50 : dice.unit());
  for (const width of [1, 7, 100, 20_000]) {
    const { x, least, largest } = bucketsOf(xs, ys, width);
    assert.ok(x.length <= width);
    assert.equal(Math.max(...largest), 50);
    assert.equal(Math.min(...least), Math.min(...ys));
    assert.ok(least.every((low, i) => low <= (largest[i] as number)));
  }
  const part = bucketsOf(xs, ys, 100, [200, 249]);
  assert.deepEqual(part.x, range(50).map((i) => 200 + i));
  assert.deepEqual(part.least, ys.slice(200, 250));
});

Deno.test("Values that are absent leave no point, and those that are none are told of", () => {
  const { x, least, lost } = bucketsOf([1, 2, 3, 4], [5, NaN, Infinity, 6], 10);
  assert.deepEqual([x, least, lost], [[1, 4], [5, 6], [3]]);
});

Deno.test("A curve that grows point by point keeps its peaks and stays small", () => {
  const dice = new Dice(4);
  const grown = noBuckets();
  const ys = range(5000).map(() => dice.unit());
  ys[1234] = -9;
  for (let i = 0; i < ys.length; i += 7) {
    const part = ys.slice(i, i + 7);
    appendTo(grown, part.map((_, j) => i + j), part, 50);
  }
  assert.ok(grown.x.length <= 100, `${grown.x.length}`);
  assert.equal(Math.min(...grown.least), -9);
  assert.equal(Math.max(...grown.largest), Math.max(...ys));
  assert.deepEqual(grown.x, grown.x.toSorted((a, b) => a - b));
});

Deno.test("Ticks are round, within the range, and as short as they can be", () => {
  assert.deepEqual(ticks(0, 1, 5), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(ticks(-0.73, -0.61, 3), [-0.7, -0.65]);
  assert.deepEqual(logTicks(0.02, 3000, 10), [0.1, 1, 10, 100, 1000]);
  assert.deepEqual([0, 0.05, 12345, 2e6, 3e-5].map(label), [
    ...["0", "0.05", "12.35k", "2M", "3.0e-5"].map((text) =>
      text.replace("3.0e", "3e")
    ),
  ]);
});

Deno.test("A chart is one SVG in which names of strangers are text", () => {
  const name = '<script>alert("1")</script>';
  const svg = toSvgText(chart({
    title: name,
    width: 400,
    height: 200,
    curves: [{ name, colour: 0, points: bucketsOf([1, 2], [3, 4], 100) }],
    limits: [{ name, points: [[1, 3.5]] }],
    marks: [{ x: 1.5, name }],
  }));
  assert.ok(!svg.includes("<script"));
  assert.match(svg, /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  assert.match(svg, /class="limit"/);
  assert.match(svg, /class="mark"/);
  assert.match(svg, /aria-label="&lt;script&gt;.*from 3 to 4/);
});

Deno.test("A figure that is a file of its own is drawn on white, on dark pages too", () => {
  const drawn = shape("svg", { width: 4, height: 2 }, shape("g"));
  assert.match(
    toSvgFile(drawn),
    /^<svg [^>]*><rect width="100%" height="100%" fill="#ffffff"><\/rect><g>/,
  );
  const pictures = new URL("../../docs/pictures/", import.meta.url);
  for (const { name } of Deno.readDirSync(pictures)) {
    const svg = Deno.readTextFileSync(new URL(name, pictures));
    assert.match(
      svg,
      /<rect width="100%" height="100%" fill="#ffffff">|<polygon fill="white"/,
      name,
    );
  }
});
