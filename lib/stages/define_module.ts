/** @file Networks of one input: encoders, projectors, predictors, decoders. */
import type * as tf from "@tensorflow/tfjs";
import { type Layer, ParameterScope, type Variable } from "../layers/layer.ts";
import {
  defineStage,
  type Definition,
  kindOfRank,
  OUTPUT,
  ShapeError,
  showType,
  type StageDefinition,
  type StageKind,
  type Type,
  type ValueKind,
} from "./define.ts";

/** Roles of a network; each is a key of the YAML. */
export type ModuleRole = "encode" | "project" | "predict" | "decode";

/** What each role is, for editors, drawings and checks. */
export const ROLES: Readonly<Record<ModuleRole, StageKind>> = {
  encode: {
    key: "encode",
    summary: "Encoder: the network whose features are wanted",
    what: "a network to encode with,",
    look: "encoder",
    part: "encoder",
  },
  project: {
    key: "project",
    summary: "Projector: a head on the features",
    what: "a network to project with,",
    look: "projector",
    part: "projector",
  },
  predict: {
    key: "predict",
    summary: "Predictor: a head on one side of a loss",
    what: "a network to predict with,",
    look: "predictor",
    part: "predictor",
  },
  decode: {
    key: "decode",
    summary: "Decoder: fills in what an encoder did not see",
    what: "a network to decode with,",
    look: "predictor",
  },
};

/** What {@linkcode defineModule} takes. */
export interface ModuleSpec<Options = unknown>
  extends
    Definition<Options>,
    Partial<
      Pick<
        StageDefinition<Options>,
        "standsFor" | "normalizesOutput" | "risks" | "perImage"
      >
    > {
  /** Which of the roles it can play. */
  readonly roles: readonly ModuleRole[];
  /** Whether it can read a queue's rows; networks with batch norm should not. */
  readonly rows?: "batch" | "any";
  /**
   * Declares the parameters in `scope` and returns the network. It is called
   * once for each shape that the views have, and has to declare the same
   * variables each time.
   *
   * @param shape Shape of one sample, without the batch.
   * @throws {ShapeError} When it cannot take that shape.
   */
  build(
    scope: ParameterScope,
    shape: readonly number[],
    options: Options,
  ): { readonly shape: readonly number[]; readonly layer: Layer };
}

const ANY: readonly ValueKind[] = ["image", "embedding", "tokens"];

const text = (variables: readonly Variable[]): string =>
  JSON.stringify(variables.map(({ path, shape }) => [path, shape]));

/**
 * Defines a network that reads one input, every view by itself with the same
 * weights; a definition is one file and one line in its registry.
 */
export function defineModule<O>(spec: ModuleSpec<O>): StageDefinition {
  const { roles, rows = "batch", build, ...definition } = spec;
  return defineStage<O>({
    perImage: true,
    keepsViews: true,
    ...definition,
    kinds: roles.map((role) => ROLES[role]),
    inputs: {
      of: { is: ANY, gradient: true, rows, summary: "What the network reads" },
    },
    build(scope, { of = [] }, options) {
      const built = new Map<string, ReturnType<typeof build>>();
      const first = of[0] as Type;
      const network = ({ shape }: Type): ReturnType<typeof build> => {
        const known = built.get(`${shape}`);
        if (known) return known;
        // The first shape declares the variables; others have to need the same.
        const own = built.size === 0 ? scope : new ParameterScope(scope.path);
        const made = build(own, shape, options);
        if (own !== scope && text(own.variables) !== text(scope.variables)) {
          throw new ShapeError(
            `views of ${
              showType({ is: "image", shape })
            } would need other weights than views of ${showType(first)}`,
          );
        }
        built.set(`${shape}`, made);
        return made;
      };
      const output = of.map((type): Type => {
        const { shape } = network(type);
        const { rows, places } = type;
        const is = kindOfRank(shape);
        // As many tokens as before are of the same places.
        const same = is === "tokens" && shape[0] === type.shape[0];
        return {
          is,
          shape,
          ...(rows === undefined ? {} : { rows }),
          ...(same && places !== undefined ? { places } : {}),
        };
      });
      return {
        outputs: { [OUTPUT]: output },
        apply: ({ of: views = [] }, run) => ({
          [OUTPUT]: views.map((x: tf.Tensor, i) =>
            network(of[i] as Type).layer(x, run)
          ),
        }),
      };
    },
  });
}
