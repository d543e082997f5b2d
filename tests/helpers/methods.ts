/** @file Methods' losses, composed of stages as their pipelines compose them, on the fixtures' inputs. */
import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import type { TensorData } from "../../lib/ir/dtype.ts";
import { ParameterScope } from "../../lib/layers/layer.ts";
import {
  OUTPUT,
  type Signature,
  type StageDefinition,
  type Type,
  type Values,
} from "../../lib/stages/define.ts";
import { labelCrossEntropy } from "../../lib/stages/losses/cross_entropy.ts";
import { batchInfoNce } from "../../lib/stages/losses/batch_info_nce.ts";
import { covariance } from "../../lib/stages/losses/covariance.ts";
import { covarianceContrast } from "../../lib/stages/losses/covariance_contrast.ts";
import { cosine } from "../../lib/stages/losses/cosine.ts";
import { crossCorrelation } from "../../lib/stages/losses/cross_correlation.ts";
import { infoNce } from "../../lib/stages/losses/info_nce.ts";
import { ntXent } from "../../lib/stages/losses/nt_xent.ts";
import { decoupled } from "../../lib/stages/losses/decoupled.ts";
import { manifoldCapacity } from "../../lib/stages/losses/manifold_capacity.ts";
import { meMax } from "../../lib/stages/losses/me_max.ts";
import { mse } from "../../lib/stages/losses/mse.ts";
import { pixels } from "../../lib/stages/losses/pixels.ts";
import { relational } from "../../lib/stages/losses/relational.ts";
import { sigreg } from "../../lib/stages/losses/sigreg.ts";
import { softCrossEntropy } from "../../lib/stages/losses/soft_cross_entropy.ts";
import { supcon } from "../../lib/stages/losses/supcon.ts";
import { tokens } from "../../lib/stages/losses/tokens.ts";
import { variance } from "../../lib/stages/losses/variance.ts";
import { direct } from "../../lib/stages/modules/direct.ts";
import { centre } from "../../lib/stages/targets/centre.ts";
import { sharpen } from "../../lib/stages/targets/sharpen.ts";
import { sinkhorn } from "../../lib/stages/targets/sinkhorn.ts";
import { gather } from "../../lib/stages/values/gather.ts";
import { mean } from "../../lib/stages/values/mean.ts";
import { nearest } from "../../lib/stages/values/nearest.ts";
import { whiten } from "../../lib/stages/values/whiten.ts";
import type { Random } from "../../lib/ops/random.ts";
import { compute, float32 } from "./numeric.ts";
import { built, FixedStageRun } from "./stages.ts";
import FIXTURES from "../fixtures/methods.json" with { type: "json" };

/** A tensor of a fixture. */
export interface Flat {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** What PyTorch found, from the papers' formulas. */
export interface Case {
  readonly inputs: Readonly<Record<string, Flat>>;
  readonly loss: number;
  readonly gradients: Readonly<Record<string, Flat>>;
  readonly labels?: readonly number[];
  readonly hidden?: readonly (readonly number[])[];
  readonly asked?: readonly (readonly (readonly number[])[])[];
  readonly accuracy?: number;
  readonly centre?: Flat;
}

/** By method. */
export const CASES = FIXTURES as unknown as Readonly<Record<string, Case>>;

type Tensors = Readonly<Record<string, tf.Tensor>>;

const RUN = new FixedStageRun(new Map(), true, {
  temperature: 0.1,
  epsilon: 0.05,
});

/** The type of a view whose tensor is given. */
const typeOf = (
  { shape: [rows, ...shape] }: tf.Tensor,
  batch: number,
  is: Type["is"],
): Type => ({
  is,
  shape,
  ...(rows === batch ? {} : { rows: rows as number }),
});

/** Runs one stage on tensors, its types read off them. */
export function run(
  definition: StageDefinition,
  options: Readonly<Record<string, unknown>>,
  inputs: Values,
  batch: number,
  stageRun = RUN,
  kinds: Readonly<Record<string, Type["is"]>> = {},
): Values {
  const signatures = Object.fromEntries(
    Object.entries(inputs).map(([name, views]): [string, Signature] => [
      name,
      views.map((x, view) => ({
        ...typeOf(x, batch, kinds[name] ?? "embedding"),
        view,
      })),
    ]),
  );
  const scope = new ParameterScope("stage");
  return built(definition, options, signatures, batch, scope)
    .apply(inputs, stageRun);
}

const views = (tensors: Tensors, name: string): tf.Tensor[] =>
  Object.keys(tensors).filter((key) => /^[a-z]+\d$/.test(key))
    .filter((key) => key.replace(/\d$/, "") === name)
    .map((key) => tensors[key] as tf.Tensor);

const lossIn = ({ loss }: Values): tf.Scalar => loss?.[0] as tf.Scalar;

/** A label for each image, or numbers of places. */
export const whole = (
  values: readonly number[] | readonly (readonly number[])[],
) => tf.tensor(values as number[], undefined, "int32");

/** Rows through a loss of them and their images' labels. */
const ofLabels = (
  definition: StageDefinition,
  of: tf.Tensor[],
  labels: Parameters<typeof whole>[0],
  options: Parameters<typeof run>[1] = {},
): tf.Scalar =>
  lossIn(
    run(
      definition,
      options,
      { of, labels: [whole(labels)] },
      of[0]?.shape[0] as number,
      RUN,
      { labels: "label" },
    ),
  );

/** Two sides through a loss between them. */
const between = (
  definition: StageDefinition,
  options: Readonly<Record<string, unknown>>,
  a: readonly tf.Tensor[],
  b: readonly tf.Tensor[],
): tf.Scalar =>
  lossIn(
    run(
      definition,
      options,
      { "between.0": a, "between.1": b },
      a[0]?.shape[0] as number,
    ),
  );

/** Each view through a stage, whose state has given values. */
const through = (
  definition: StageDefinition,
  options: Readonly<Record<string, unknown>>,
  input: string,
  of: readonly tf.Tensor[],
  state: Tensors = {},
): Values =>
  run(
    definition,
    options,
    { [input]: of },
    of[0]?.shape[0] as number,
    new FixedStageRun(
      new Map(Object.entries(state).map(([key, x]) => [`stage/${key}`, x])),
    ),
  );

const sum = (...terms: tf.Tensor[]): tf.Scalar => tf.addN(terms) as tf.Scalar;

/** Mean of both losses of two views, DCL's. */
const dcl = (x: Tensors, weights: string): tf.Scalar => {
  const z = views(x, "z");
  return between(decoupled, { pairs: "unordered", weights }, z, z);
};

const mmcr = (x: Tensors): tf.Scalar =>
  lossIn(through(manifoldCapacity, {}, "of", views(x, "z")));

/** A run whose random normals are given. */
class DrawnRun extends FixedStageRun {
  constructor(readonly drawn: readonly tf.Tensor[]) {
    super(new Map());
  }

  override random(): Random {
    const left = [...this.drawn];
    return {
      uniform: () => assert.fail("nothing uniform is drawn"),
      normal: () => left.shift() as tf.Tensor,
    };
  }
}

/** Tokens of some places. */
const taken = (
  of: readonly tf.Tensor[],
  asked: NonNullable<Case["asked"]>,
): readonly tf.Tensor[] =>
  run(
    gather,
    {},
    { gather: of, at: asked.map(whole) },
    asked[0]?.length ?? 0,
    RUN,
    { gather: "tokens", at: "mask" },
  )[OUTPUT] ?? [];

/** Scores of a student against centred ones of a teacher. */
function assigned(
  student: readonly tf.Tensor[],
  teacher: readonly tf.Tensor[],
  { centre: old, temperature, pairs }: {
    readonly centre: tf.Tensor;
    readonly temperature: number;
    readonly pairs: string;
  },
): tf.Scalar {
  const batch = teacher[0]?.shape[0] as number;
  const is = teacher[0]?.rank === 3 ? "tokens" : "embedding";
  const centred = new FixedStageRun(
    new Map([["stage/centre", old]]),
    true,
    { temperature },
  );
  const q = run(centre, {}, { of: teacher }, batch, centred, { of: is });
  return lossIn(
    run(
      softCrossEntropy,
      { pairs },
      { "between.0": student, "between.1": q[OUTPUT] ?? [] },
      batch,
      RUN,
      { "between.0": is, "between.1": is },
    ),
  );
}

/** The method's loss, composed of stages as its pipeline composes them. */
export const LOSSES: Readonly<
  Record<string, (tensors: Tensors, fixture: Case) => tf.Scalar>
> = {
  dino: (x) =>
    assigned(views(x, "s"), views(x, "t"), {
      centre: x["centre"] as tf.Tensor,
      temperature: 0.04,
      pairs: "cross",
    }),
  swav(x) {
    const p = views(x, "p");
    const batch = p[0]?.shape[0] as number;
    const q = run(sinkhorn, {}, {
      of: p.slice(0, 2),
      beside: views(x, "bank"),
    }, batch)[OUTPUT] ?? [];
    return lossIn(
      run(softCrossEntropy, { pairs: "cross" }, {
        "between.0": p,
        "between.1": q.map((one) => tf.tensor(values(one), one.shape)),
      }, batch),
    );
  },
  fastsiam(x) {
    const [p, z] = [views(x, "p"), views(x, "z")];
    const batch = p[0]?.shape[0] as number;
    const t = run(mean, { over: "others" }, { mean: z }, batch)[OUTPUT] ?? [];
    return lossIn(
      run(cosine, { pairs: "same" }, { "between.0": p, "between.1": t }, batch),
    );
  },
  moco_v3(x) {
    const [q, k] = [views(x, "q"), views(x, "k")];
    const batch = q[0]?.shape[0] as number;
    const loss = lossIn(
      run(batchInfoNce, { pairs: "cross", temperature: 0.2 }, {
        "between.0": q,
        "between.1": k,
      }, batch),
    );
    // The weight that its pipeline has.
    return tf.mul(loss, 0.8);
  },
  supcon: (x, { labels = [] }) => ofLabels(supcon, views(x, "z"), labels),
  supcon_in: (x, { labels = [] }) =>
    ofLabels(supcon, views(x, "z"), labels, { sum: "inside" }),
  supervised: (x, { labels = [] }) =>
    ofLabels(labelCrossEntropy, views(x, "x"), labels),
  mae(x, { hidden = [] }) {
    return lossIn(
      run(
        pixels,
        { patch: 4 },
        {
          of: [x["d"] as tf.Tensor],
          target: [x["images"] as tf.Tensor],
          at: [whole(hidden)],
        },
        hidden.length,
        RUN,
        { of: "tokens", target: "image", at: "mask" },
      ),
    );
  },
  simmim(x, { hidden = [] }) {
    return lossIn(
      run(
        pixels,
        { patch: 4, normalize: false, distance: "l1" },
        {
          of: [x["d"] as tf.Tensor],
          target: [x["images"] as tf.Tensor],
          at: [whole(hidden)],
        },
        hidden.length,
        RUN,
        { of: "tokens", target: "image", at: "mask" },
      ),
    );
  },
  ijepa(x, { asked = [] }) {
    return lossIn(
      run(
        tokens,
        {},
        {
          of: views(x, "p"),
          target: [x["t"] as tf.Tensor],
          at: asked.map(whole),
        },
        asked[0]?.length ?? 0,
        RUN,
        { of: "tokens", target: "tokens", at: "mask" },
      ),
    );
  },
  ibot: (x, { asked = [] }) =>
    sum(
      assigned(views(x, "s"), views(x, "t"), {
        centre: x["centre"] as tf.Tensor,
        temperature: 0.04,
        pairs: "cross",
      }),
      assigned(taken(views(x, "p"), asked), taken(views(x, "q"), asked), {
        centre: x["middle"] as tf.Tensor,
        temperature: 0.07,
        pairs: "same",
      }),
    ),
  msn(x) {
    const [s, t] = [views(x, "s"), views(x, "t")];
    const batch = t[0]?.shape[0] as number;
    const teacher = new FixedStageRun(new Map(), true, { temperature: 0.025 });
    const q = run(sharpen, { balance: 3 }, { of: t }, batch, teacher);
    return sum(
      between(softCrossEntropy, { pairs: "all" }, s, q[OUTPUT] ?? []),
      lossIn(run(meMax, {}, { of: s }, batch)),
    );
  },
  dcl: (x) => dcl(x, "none"),
  dclw: (x) => dcl(x, "von_mises_fisher"),
  tico(x) {
    const [z, t] = [views(x, "z"), views(x, "t")];
    const spread = through(covarianceContrast, {}, "of", z, {
      covariance: x["old"] as tf.Tensor,
    });
    return sum(between(cosine, {}, z, t), tf.mul(lossIn(spread), 8));
  },
  ressl(x) {
    const z = views(x, "z");
    return lossIn(
      run(
        relational,
        { pairs: "same" },
        {
          "between.0": z,
          "between.1": views(x, "t"),
          negatives: [x["bank"] as tf.Tensor],
        },
        z[0]?.shape[0] as number,
      ),
    );
  },
  lejepa(x) {
    const z = views(x, "z");
    const batch = z[0]?.shape[0] as number;
    const middle = run(mean, {}, { mean: z }, batch)[OUTPUT] ?? [];
    const gaussian = run(
      sigreg,
      {},
      { of: z },
      batch,
      new DrawnRun(views(x, "drawn")),
    );
    return sum(
      tf.mul(
        between(mse, { pairs: "all", normalize: false }, z, middle),
        0.98,
      ),
      tf.mul(lossIn(gaussian), 0.02),
    );
  },
  direct_pred(x) {
    const p = through(direct, {}, "of", views(x, "z"), {
      correlation: x["old"] as tf.Tensor,
    });
    return between(mse, {}, p[OUTPUT] ?? [], views(x, "t"));
  },
  w_mse(x) {
    const w = through(whiten, { size: 8 }, "whiten", views(x, "z"));
    const white = w[OUTPUT] ?? [];
    return between(mse, { pairs: "unordered" }, white, white);
  },
  vibcreg(x) {
    const options = { by: "newton", groups: 2 };
    const z = through(whiten, options, "whiten", views(x, "z"))[OUTPUT] ?? [];
    const pairs = "unordered";
    return sum(
      between(mse, { pairs, normalize: false }, z, z),
      between(variance, { pairs }, z, z),
      tf.mul(between(covariance, { pairs, normalize: true }, z, z), 8),
    );
  },
  simsiam: (x) => between(cosine, {}, views(x, "p"), views(x, "z")),
  byol: (x) => tf.mul(between(mse, {}, views(x, "p"), views(x, "z")), 2),
  simclr(x) {
    const z = views(x, "z");
    return between(ntXent, { pairs: "unordered", temperature: 0.2 }, z, z);
  },
  barlow_twins(x) {
    const z = views(x, "z");
    return between(
      crossCorrelation,
      { pairs: "unordered", lambda: 0.005 },
      z,
      z,
    );
  },
  // 25, 25 and 1, as the paper has them.
  vicreg(x) {
    const [z, pairs] = [views(x, "z"), "unordered"];
    return sum(
      tf.mul(between(mse, { pairs, normalize: false }, z, z), 25),
      tf.mul(between(variance, { pairs }, z, z), 25),
      between(covariance, { pairs }, z, z),
    );
  },
  moco: (x) =>
    lossIn(
      run(
        infoNce,
        { pairs: "same", temperature: 0.2 },
        {
          "between.0": views(x, "q"),
          "between.1": views(x, "k"),
          negatives: [x["bank"] as tf.Tensor],
        },
        (x["q0"] as tf.Tensor).shape[0] as number,
      ),
    ),
  nnclr(x) {
    const batch = (x["z0"] as tf.Tensor).shape[0] as number;
    const bank = [x["bank"] as tf.Tensor];
    const nn = run(nearest, {}, { nearest: views(x, "z"), in: bank }, batch);
    return between(
      batchInfoNce,
      { temperature: 0.2 },
      nn[OUTPUT] ?? [],
      views(x, "p"),
    );
  },
  mmcr,
  mmcr_tall: mmcr,
};
const values = (x: tf.Tensor): Float32Array => x.dataSync() as Float32Array;

/** A fixture's tensor as data. */
export const asData = ({ shape, data }: Flat): TensorData =>
  float32(shape, data);

/** What a loss is on a fixture's inputs, and its gradients. */
export interface Evaluated {
  readonly loss: number;
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}

/** A method's loss on inputs of its fixture, by the engine, op by op. */
export function evaluate(name: string, fixture: Case): Evaluated {
  const compose = LOSSES[name];
  if (!compose) throw new Error(`${name} is not composed`);
  const names = Object.keys(fixture.inputs);
  const trained = Object.keys(fixture.gradients);
  const results = compute(
    names.map((key) => asData(fixture.inputs[key] as Flat)),
    (...all) => {
      const tensors = Object.fromEntries(names.map((key, i) => [key, all[i]]));
      const { value, grads } = tf.valueAndGrads((...leaves: tf.Tensor[]) =>
        compose(
          {
            ...tensors,
            ...Object.fromEntries(trained.map((key, i) => [key, leaves[i]])),
          } as Tensors,
          fixture,
        )
      )(trained.map((key) => tensors[key] as tf.Tensor));
      return {
        loss: value,
        ...Object.fromEntries(trained.map((key, i) => [key, grads[i]])),
      } as Record<string, tf.Tensor>;
    },
  );
  return {
    loss: Number((results["loss"] as TensorData).data[0]),
    gradients: Object.fromEntries(
      trained.map((key) => [
        key,
        Array.from((results[key] as TensorData).data, Number),
      ]),
    ),
  };
}

/** Largest difference of two lists, measured by the largest of the second. */
export function difference(
  ours: ArrayLike<number>,
  theirs: readonly number[],
): number {
  const size = Math.max(...theirs.map(Math.abs), 1e-6);
  return Math.max(
    ...theirs.map((value, i) => Math.abs((ours[i] as number) - value)),
  ) / size;
}

/** Names of a fixture's centre, and of the scores that move it. */
export const CENTRED = {
  dino: ["centre", "t0", "t1"],
  ibot: ["middle", "q0", "q1"],
} as const;

/** A method's centre after a step. */
export function movedCentre(method: keyof typeof CENTRED): readonly number[] {
  const { inputs, asked } = CASES[method] as Case;
  const { moved } = compute(
    CENTRED[method].map((name) => asData(inputs[name] as Flat)),
    (old, ...all) => {
      const of = asked ? taken(all, asked) : all;
      const stageRun = new FixedStageRun(
        new Map([["stage/centre", old as tf.Tensor]]),
        true,
        { temperature: 0.04 },
      );
      run(centre, {}, { of }, of[0]?.shape[0] as number, stageRun, {
        of: asked ? "tokens" : "embedding",
      });
      return { moved: stageRun.updates.get("stage/centre") as tf.Tensor };
    },
  );
  return Array.from((moved as TensorData).data, Number);
}
