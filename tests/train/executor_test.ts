/** @file Which executor runs a GPU's steps. */
import assert from "@std/assert";
import { checkText } from "../../lib/pipeline/load.ts";
import {
  chooseExecutor,
  stepKey,
  timeSteps,
  type Trial,
} from "../../lib/train/executor.ts";
import { withFolder } from "../data/fixtures.ts";
import { engine } from "../helpers/engine.ts";

/** Times in milliseconds; a time of `null` is a failure. */
function trial(own: number, xla: number | null, steps = 10_000) {
  const timed: boolean[] = [];
  const it: Trial = {
    key: "a step",
    steps,
    time: (with_) => {
      timed.push(with_);
      const took = with_ ? xla : own;
      return took === null
        ? Promise.reject(new Error("internal: no"))
        : Promise.resolve(took);
    },
  };
  return { it, timed };
}

Deno.test(
  "Both executors are tried once, the faster is taken, and a later run is told why",
  withFolder(async (cache) => {
    const said: string[] = [];
    const { it, timed } = trial(33, 10);
    const choose = () => chooseExecutor(it, cache, (text) => said.push(text));
    assert.equal(await choose(), true);
    assert.deepEqual(timed, [false, true]);
    assert.equal(await choose(), true);
    assert.deepEqual(timed, [false, true]);
    assert.equal(said.length, 3);
    assert.match(said[0] ?? "", /^trying the steps with XLA, .*--no-xla/);
    assert.match(said[1] ?? "", /^steps run with XLA, 3\.3 times as fast/);
    assert.equal(said[2], said[1]);
  }),
);

Deno.test(
  "XLA is left out where it is slower, and where it cannot compile a step",
  withFolder(async (cache) => {
    for (
      const [xla, text] of [[66, /2\.0 times as fast as/], [
        null,
        /cannot/,
      ]] as const
    ) {
      const said: string[] = [];
      const { it } = trial(33, xla);
      const chosen = await chooseExecutor(
        { ...it, key: `${xla}` },
        cache,
        (text) => said.push(text),
      );
      assert.equal(chosen, false);
      assert.match(said.at(-1) ?? "", text);
    }
  }),
);

Deno.test(
  "A step that cannot run is left to the run to tell of",
  withFolder(async (cache) => {
    const { it, timed } = trial(33, 10);
    const time = (xla: boolean) =>
      it.time(xla).then(() => Promise.reject(new Error("too large")));
    assert.equal(
      await chooseExecutor({ ...it, time }, cache, assert.fail),
      false,
    );
    assert.deepEqual(timed, [false]);
  }),
);

Deno.test(
  "XLA is not tried for a run that is over before it has compiled, but for a longer one later",
  withFolder(async (cache) => {
    const said: string[] = [];
    const short = trial(33, 10, 100);
    const choose = (it: Trial) =>
      chooseExecutor(it, cache, (text) => said.push(text));
    assert.equal(await choose(short.it), false);
    assert.deepEqual(short.timed, [false]);
    assert.match(said[0] ?? "", /^steps run without XLA: all .* about 4 s,/);
    const long = trial(33, 10);
    assert.equal(await choose(long.it), true);
    assert.deepEqual(long.timed, [true]);
  }),
);

const load = (settings = "", lr = 0.1, batch = 8) => {
  const { loaded, text } = checkText(
    "small.yaml",
    `name: small
data: { source: photos, batch: ${batch} }
stages:
  views: { augment: [normalize], of: image }
  y: { encode: mlp, of: views, hidden: 4, out: 4, batch_norm: none }
  c: { predict: mlp, of: y, hidden: 4, out: 15, batch_norm: none }
  loss: { loss: cross_entropy, of: c, labels: label }
train: { steps: 3, optimizer: { sgd: { lr: ${lr} } }${settings} }
monitor: off
evaluate: false
`,
  );
  if (!loaded) throw new Error(text);
  return loaded;
};

const images = {
  count: 20,
  height: 32,
  width: 32,
  channels: 3,
  pixels: new Uint8Array(20 * 32 * 32 * 3),
  labels: Int32Array.from({ length: 20 }, (_, i) => i % 15),
};

Deno.test("A trial depends on what a step computes, and not on its rates", () => {
  const key = (...given: Parameters<typeof load>) =>
    stepKey(load(...given).pipeline, images, engine, {});
  assert.equal(key("", 0.2), key());
  assert.equal(key(", schedule: { cosine: { warmup: 0 } }"), key());
  assert.notEqual(key("", 0.1, 16), key());
  assert.notEqual(key(", precision: bfloat16"), key());
});

Deno.test("Steps are timed on noise of the images' shape and classes", async () => {
  const { pipeline, graph } = load();
  const took = await timeSteps(pipeline, graph, engine, images);
  assert.ok(took > 0);
});
