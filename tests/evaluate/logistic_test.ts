/** @file The converging probe beside scikit-learn's logistic regression. */
import assert from "@std/assert";
import { Buffer } from "node:buffer";
import { top1 } from "../../lib/evaluate/accuracy.ts";
import { lbfgs } from "../../lib/evaluate/lbfgs.ts";
import { heldOut, logisticWinners } from "../../lib/evaluate/logistic.ts";
import { PENALTIES } from "../../lib/model/probe.ts";
import type { Features } from "../../lib/evaluate/features.ts";
import { mergeColumns } from "../../lib/evaluate/merge_columns.ts";
import { SoftmaxSolver } from "../../lib/evaluate/softmax_solver.ts";
import { momentsOf, standardised } from "../../lib/evaluate/standardise.ts";
import type { Labelled } from "../../lib/evaluate/probe_set.ts";
import { compiledRuntime } from "../../lib/compile/runtime.ts";
import { engine } from "../helpers/engine.ts";
import { close, Dice } from "../helpers/numeric.ts";

interface Fixture {
  readonly train: number;
  readonly width: number;
  readonly classes: number;
  readonly rows: string;
  readonly labels: string;
  readonly cases: readonly {
    readonly c: number;
    readonly accuracy: number;
    readonly winners: string;
  }[];
}

const FIXTURE: Fixture = JSON.parse(
  await Deno.readTextFile(new URL("../fixtures/probe.json", import.meta.url)),
);

const bytesOf = (text: string): ArrayBuffer =>
  Uint8Array.from(Buffer.from(text, "base64")).buffer;

function part(from: number, to?: number): Labelled {
  const { width } = FIXTURE;
  const labels = new Int32Array(bytesOf(FIXTURE.labels)).slice(from, to);
  const data = new Float32Array(bytesOf(FIXTURE.rows))
    .slice(from * width, to === undefined ? undefined : to * width);
  return { labels, features: { count: labels.length, width, data } };
}

const [train, test] = [part(0, FIXTURE.train), part(FIXTURE.train)];

/** No two classifiers may differ by more than the issue allows, 0.3 points. */
const MOST = 0.003;

Deno.test("With each penalty the probe says what scikit-learn says", async () => {
  const programs = compiledRuntime(engine);
  for (const { c, accuracy, winners } of FIXTURE.cases) {
    const ours = await logisticWinners(programs, train, test, FIXTURE.classes, {
      c: [c],
    });
    assert.equal(ours.c, c);
    assert.ok(ours.converged, `C ${c}`);
    close([top1(ours.winners, test.labels)], [accuracy], MOST, `C ${c}`);
    const theirs = new Int32Array(bytesOf(winners));
    const same = top1(ours.winners, theirs);
    assert.ok(same >= 1 - MOST, `C ${c}: ${same} alike`);
  }
  programs.close();
});

/** Columns in threes, as the channels of a grey image. */
const tripled = ({ labels, features }: Labelled): Labelled => ({
  labels,
  features: {
    ...features,
    width: 3 * features.width,
    data: Float32Array.from(
      { length: 3 * features.data.length },
      (_, i) => features.data[Math.floor(i / 3)]!,
    ),
  },
});

Deno.test("Columns that are there three times make the penalty a third of what it is", async () => {
  const programs = compiledRuntime(engine);
  const { winners } = await logisticWinners(
    programs,
    tripled(train),
    tripled(test),
    FIXTURE.classes,
    { c: [0.1 / 3] },
  );
  const once = await logisticWinners(programs, train, test, FIXTURE.classes, {
    c: [0.1],
  });
  assert.ok(top1(winners, once.winners) >= 1 - MOST);
  assert.equal(mergeColumns(tripled(train).features).features.width, 12);
  programs.close();
});

/** The same rows seen from elsewhere, in many more columns. */
function rotated({ count, width, data }: Features, into: number): Features {
  const dice = new Dice(5);
  const axes: number[][] = [];
  for (let i = 0; i < width; i++) {
    let axis = Array.from({ length: into }, () => dice.normal());
    for (const other of axes) {
      const along = axis.reduce((sum, v, j) => sum + v * other[j]!, 0);
      axis = axis.map((v, j) => v - along * other[j]!);
    }
    const length = Math.hypot(...axis);
    axes.push(axis.map((v) => v / length));
  }
  const turned = Float32Array.from({ length: count * into }, (_, i) => {
    const [row, column] = [Math.floor(i / into), i % into];
    return axes.reduce(
      (sum, axis, j) => sum + data[row * width + j]! * axis[column]!,
      0,
    );
  });
  return { count, width: into, data: turned };
}

Deno.test("Fewer rows than columns are fitted in their own space, to the same end", async () => {
  const programs = compiledRuntime(engine);
  const some = part(0, 40);
  const moments = momentsOf(some.features);
  const even = standardised(some.features, moments);
  const asked = standardised(test.features, moments);
  const winners = [];
  for (const into of [undefined, 100]) {
    const seen = (set: Features) => into ? rotated(set, into) : set;
    const solver = await SoftmaxSolver.on(
      programs,
      { labels: some.labels, features: seen(even) },
      FIXTURE.classes,
    );
    const model = await solver.fit({
      counts: new Float32Array(40).fill(1),
      c: 0.1,
      iterations: 500,
    });
    assert.ok(model.converged);
    winners.push(await solver.classify(model, seen(asked)));
  }
  assert.ok(top1(winners[0]!, winners[1]!) >= 1 - MOST);
  programs.close();
});

Deno.test("Columns that go together take the solver a few steps", async () => {
  const programs = compiledRuntime(engine);
  const dice = new Dice(3);
  const [count, width] = [400, 60];
  // Neighbours share nearly all: the covariance has a condition of thousands.
  const data = new Float32Array(count * width);
  for (let i = 0; i < data.length; i++) {
    data[i] = (i % width ? data[i - 1]! : 0) + dice.normal();
  }
  const labels = Int32Array.from(
    { length: count },
    (_, row) => Math.abs(Math.floor(data[row * width + 30]! / 4)) % 3,
  );
  const set = { labels, features: { count, width, data } };
  const { iterations, converged } = await logisticWinners(
    programs,
    set,
    set,
    3,
    { c: [0.01] },
  );
  assert.ok(converged && iterations < 40, `${iterations}`);
  programs.close();
});

Deno.test("The penalty is chosen among those that are given, and is a good one", async () => {
  const programs = compiledRuntime(engine);
  const { c, winners } = await logisticWinners(
    programs,
    train,
    test,
    FIXTURE.classes,
  );
  assert.ok(PENALTIES.includes(c));
  const best = Math.max(...FIXTURE.cases.map(({ accuracy }) => accuracy));
  assert.ok(top1(winners, test.labels) > best - 0.02);
  programs.close();
});

Deno.test("Held out is a fifth of each class, and never the only row of one", () => {
  const labels = Int32Array.from(
    { length: 101 },
    (_, i) => i === 100 ? 2 : i % 2,
  );
  const held = heldOut(labels);
  for (const label of [0, 1]) {
    const count = labels.filter((one, i) => one === label && held[i]).length;
    assert.equal(count, 10);
  }
  assert.equal(held[100], 0);
});

Deno.test("L-BFGS finds the minimum of a valley that is a thousand times as long as wide", async () => {
  const scales = [1, 1000, 0.5, 30];
  const at = [3, -2, 0.5, 7];
  const { x, converged } = await lbfgs(
    (x) => {
      const off = x.map((value, i) => value - at[i]!);
      const gradient = off.map((value, i) => scales[i]! * value);
      const value = off.reduce(
        (sum, one, i) => sum + one * gradient[i]! / 2,
        0,
      );
      return Promise.resolve({ value, gradient });
    },
    new Float64Array(4),
    { iterations: 200, tolerance: 1e-9 },
  );
  assert.ok(converged);
  close(x, at, 1e-6);
});
