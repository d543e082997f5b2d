/** @file The converging probe beside scikit-learn's logistic regression. */
import assert from "@std/assert";
import { Buffer } from "node:buffer";
import { top1 } from "../../lib/evaluate/accuracy.ts";
import { lbfgs } from "../../lib/evaluate/lbfgs.ts";
import {
  heldOut,
  logisticWinners,
  PENALTIES,
} from "../../lib/evaluate/logistic.ts";
import type { Labelled } from "../../lib/evaluate/probe_set.ts";
import { compiledRuntime } from "../../lib/compile/runtime.ts";
import { engine } from "../helpers/engine.ts";
import { close } from "../helpers/numeric.ts";

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
