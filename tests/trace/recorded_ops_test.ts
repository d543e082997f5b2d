import assert from "@std/assert";
import { Machine, type Tensors } from "../../lib/compile/machine.ts";
import { EagerContext, type EagerTensor } from "../../lib/engine/eager.ts";
import type { TensorData } from "../../lib/ir/dtype.ts";
import type { Node, Program, Value } from "../../lib/ir/program.ts";
import { trace } from "../../lib/trace/execution.ts";
import { planarBatch, range } from "../../lib/data/planar.ts";
import type { Runtime } from "../../lib/compile/runtime.ts";
import { TrainingSession } from "../../lib/train/session.ts";
import { IMAGES, METHOD_NAMES, smallPipeline } from "../graph/methods.ts";
import { engine } from "../helpers/engine.ts";
import { relativeError } from "./close.ts";

const TOLERANCE = 1e-5;

/** Classes of the images, as a step reads them. */
const LABELS: TensorData = {
  dtype: "int32",
  shape: [IMAGES.count],
  data: IMAGES.labels as Int32Array,
};

const key = ({ node, index }: Value): string => `${node.id}.${index}`;

/**
 * First output that is a batch norm's own: what a kernel hands to its
 * gradient, or an empty placeholder whose shape each kernel chooses.
 */
const SCRATCH: Readonly<Record<string, number>> = {
  FusedBatchNormV3: 5,
  FusedBatchNormGradV3: 3,
};

const isScratch = ({ node, index }: Value): boolean =>
  index >= (SCRATCH[node.op] ?? Infinity);

/** Everything but what was fed, and but handles of variables. */
const fetchable = (value: Value): boolean =>
  value.node.op !== "Placeholder" && value.dtype !== "resource";

/** The program with every value as a fetch. */
function exposed(program: Program): Program {
  const values = program.nodes.flatMap(({ outputs }) => outputs);
  return {
    ...program,
    fetches: new Map(
      values.filter(fetchable).map((value) => [key(value), value]),
    ),
  };
}

/** One step of a pipeline as it was recorded, with every value in it. */
interface Recorded {
  readonly program: Program;
  readonly inputs: Tensors;
  /** Variables before the step. */
  readonly state: Tensors;
  readonly values: Tensors;
}

async function recordStep(
  method: string,
): Promise<Recorded> {
  const { pipeline, graph } = await smallPipeline(method);
  const machine = new Machine(engine.api, engine.config);
  let step: Omit<Recorded, "state"> | undefined;
  const runtime: Runtime = {
    float32Only: true,
    load(name, body) {
      const program = trace(engine.api, name, body);
      if (name !== "step") return machine.load(program);
      const executable = machine.load(exposed(program));
      return {
        ...executable,
        async run(inputs = {}) {
          const values = await executable.run(inputs);
          step = { program, inputs, values };
          return values;
        },
      };
    },
    close: () => machine.close(),
  };
  const session = await TrainingSession.start(
    pipeline,
    graph,
    engine,
    IMAGES,
    { runtime },
  );
  try {
    // The second step: in the first, statistics and slots are still constants.
    await session.step();
    const state = {
      ...await session.save(),
      "data/pixels": planarBatch(IMAGES, range(0, IMAGES.count)),
      "data/labels": LABELS,
    };
    await session.step();
    return { ...step as Omit<Recorded, "state">, state };
  } finally {
    await session.close();
  }
}

/** What differs between a recorded step and the same ops run one by one. */
interface Replay {
  readonly compared: number;
  readonly differences: readonly string[];
}

/**
 * Runs each op of a recorded step by itself, on the compiled step's own
 * inputs, so that an error shows at the op that makes it.
 */
function replay(
  context: EagerContext,
  { program, inputs, state, values }: Recorded,
): Replay {
  const handles = new Map<Node, EagerTensor>();
  const given = new Map<string, TensorData>(Object.entries(values));
  for (const [name, value] of program.feeds) {
    given.set(key(value), inputs[name] as TensorData);
  }
  let compared = 0;
  const differences: string[] = [];

  const runAlone = (node: Node): EagerTensor[] => {
    const uploaded: EagerTensor[] = [];
    try {
      return context.execute(
        node.op,
        node.attrs,
        node.inputs.map((value) => {
          const handle = handles.get(value.node);
          if (handle) return handle;
          uploaded.push(context.upload(given.get(key(value)) as TensorData));
          return uploaded.at(-1) as EagerTensor;
        }),
      );
    } finally {
      uploaded.forEach((tensor) => context.release(tensor));
    }
  };

  for (const node of program.nodes) {
    // Reads saw the variables as they were before the step's assignments.
    if (node.op === "Placeholder" || node.op === "AssignVariableOp") continue;
    const outputs = runAlone(node);
    assert.equal(outputs.length, node.outputs.length, node.op);
    if (node.op === "VarHandleOp") {
      const [handle] = outputs as [EagerTensor];
      handles.set(node, handle);
      const path = node.attrs["shared_name"]?.value as string;
      // What the step only writes, for the monitors, has no value before.
      if (!state[path]) continue;
      const value = context.upload(state[path]);
      context.execute("AssignVariableOp", {
        dtype: { kind: "type", value: value.dtype },
      }, [handle, value]);
      context.release(value);
      continue;
    }
    for (const [index, output] of outputs.entries()) {
      const recorded = node.outputs[index] as Value;
      const alone = context.download(output);
      context.release(output);
      if (isScratch(recorded)) continue;
      const compiled = given.get(key(recorded)) as TensorData;
      compared++;
      const error = relativeError(compiled, alone);
      const allowed = alone.dtype === "float32" ? TOLERANCE : 0;
      if (error > allowed || `${recorded.shape}` !== `${alone.shape}`) {
        differences.push(
          `${node.op} in "${node.scope}", output ${index}: recorded ` +
            `${recorded.dtype}[${recorded.shape}], compiled ` +
            `${compiled.dtype}[${compiled.shape}], alone ` +
            `${alone.dtype}[${alone.shape}], relative error ${error}`,
        );
      }
    }
  }
  for (const handle of handles.values()) context.release(handle);
  return { compared, differences };
}

for (const method of METHOD_NAMES) {
  Deno.test(`${method}: every recorded op's result equals the direct run of the same op`, async () => {
    const recorded = await recordStep(method);
    const context = new EagerContext(engine.api, engine.config);
    try {
      const { compared, differences } = replay(context, recorded);
      assert.deepEqual(differences, []);
      // Forward, backward, optimizer: a step is not a handful of ops.
      assert.ok(compared > 500, `only ${compared} values were compared`);
    } finally {
      context.close();
    }
  });
}

Deno.test("the comparison finds an op whose recorded result is wrong", async () => {
  const recorded = await recordStep("simsiam");
  const wrong = recorded.program.nodes.find(({ op }) =>
    op === "Conv2D"
  ) as Node;
  const [output] = wrong.outputs as [Value];
  const right = recorded.values[key(output)] as TensorData;
  const data = Float32Array.from(right.data as Float32Array);
  const largest = data.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  data[0] = (data[0] as number) + 2 * TOLERANCE * largest;
  const context = new EagerContext(engine.api, engine.config);
  try {
    const { differences } = replay(context, {
      ...recorded,
      values: { ...recorded.values, [key(output)]: { ...right, data } },
    });
    assert.match(differences[0] ?? "", /^Conv2D in "y\/stem\/conv"/);
  } finally {
    context.close();
  }
});
