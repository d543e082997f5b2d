/** @file What a traced function sees: its inputs, its variables, its effects. */
import * as tf from "@tensorflow/tfjs";
import type { DType, TensorData } from "../ir/dtype.ts";
import type { Attrs, Node, Program, Value } from "../ir/program.ts";
import { verify } from "../ir/verify.ts";
import type { Api } from "../engine/ffi.ts";
import type { EagerContext, EagerTensor } from "../engine/eager.ts";
import { nameVariable } from "./autodiff.ts";
import { handleOf, tensorOf, withSink } from "./backend.ts";
import { Direct } from "./direct.ts";
import "./gradients.ts";
import { Recording } from "./recording.ts";
import { CPU, type Target } from "./target.ts";

/** A variable by name, as the engine knows it. */
export interface VariableRef {
  /** Name that programs share it by. */
  readonly path: string;
  /** Lengths of its dimensions. */
  readonly shape: readonly number[];
  /** Type of its elements. */
  readonly dtype: DType;
}

/** Surroundings of a function that is traced, or run eagerly. */
export interface Execution {
  /** An input, given with every run. */
  feed(name: string, shape: readonly number[], dtype: DType): tf.Tensor;
  /** Value of a variable before the run; the same tensor each time. */
  read(variable: VariableRef): tf.Tensor;
  /** Rows of a variable, without reading the rest of it. */
  gather(variable: VariableRef, indices: tf.Tensor): tf.Tensor;
  /** Value of a variable after the run; at most once for each. */
  assign(variable: VariableRef, value: tf.Tensor): void;
  /** Runs `body`; what it records is labelled with `path`, not nested. */
  scope<T>(path: string, body: () => T): T;
}

/** A function that can be traced: returns the tensors that come back. */
export type Traceable = (
  execution: Execution,
) => Readonly<Record<string, tf.Tensor>>;

const handleAttrs = ({ path, shape, dtype }: VariableRef): Attrs => ({
  dtype: { kind: "type", value: dtype },
  shape: { kind: "shape", value: shape },
  container: { kind: "string", value: "" },
  shared_name: { kind: "string", value: path },
});

const gatherAttrs = (dtype: DType): Attrs => ({
  dtype: { kind: "type", value: dtype },
  Tindices: { kind: "type", value: "int32" },
  batch_dims: { kind: "int", value: 0 },
  validate_indices: { kind: "bool", value: true },
});

/**
 * Traces a function: runs it once, computes nothing, returns its op graph.
 *
 * @example
 * ```ts
 * import { openEngine } from "stopgrad";
 * import { printProgram } from "../ir/print.ts";
 *
 * const { api } = await openEngine({ device: "cpu" });
 * const program = trace(api, "double", (execution) => ({
 *   y: execution.feed("x", [2], "float32").mul(2),
 * }));
 * console.log(printProgram(program));
 * ```
 */
export function trace(
  api: Api,
  name: string,
  body: Traceable,
  target: Target = CPU,
): Program {
  const recording = new Recording(api, target);
  const feeds = new Map<string, Value>();
  const variables = new Map<string, { handle: Value; read?: tf.Tensor }>();
  const effects: Node[] = [];

  const variable = (
    ref: VariableRef,
  ): { handle: Value; read?: tf.Tensor } => {
    let entry = variables.get(ref.path);
    if (!entry) {
      const [handle] = recording.execute("VarHandleOp", handleAttrs(ref), []);
      entry = { handle: handle as Value };
      variables.set(ref.path, entry);
    }
    return entry;
  };
  const execution: Execution = {
    feed(feedName, shape, dtype) {
      const [value] = recording.execute("Placeholder", {
        dtype: { kind: "type", value: dtype },
        shape: { kind: "shape", value: shape },
      }, []);
      feeds.set(feedName, value as Value);
      return tensorOf(value as Value);
    },
    read(ref) {
      const entry = variable(ref);
      if (!entry.read) {
        entry.read = tf.keep(tensorOf(
          recording.execute("ReadVariableOp", {
            dtype: { kind: "type", value: ref.dtype },
          }, [entry.handle])[0] as Value,
        ));
        nameVariable(entry.read, ref.path);
      }
      return entry.read;
    },
    gather(ref, indices) {
      const inputs = [variable(ref).handle, handleOf(indices) as Value];
      const attrs = gatherAttrs(ref.dtype);
      const [rows] = recording.execute("ResourceGather", attrs, inputs);
      return tensorOf(rows as Value);
    },
    assign(ref, value) {
      const entry = variable(ref);
      const inputs = [entry.handle, handleOf(value) as Value];
      const after = entry.read ? [(handleOf(entry.read) as Value).node] : [];
      effects.push(recording.add(
        "AssignVariableOp",
        {
          dtype: { kind: "type", value: ref.dtype },
          validate_shape: { kind: "bool", value: false },
        },
        inputs,
        after,
      ));
    },
    scope: (label, inner) => recording.scope(label, inner),
  };
  try {
    const fetches = new Map<string, Value>();
    withSink(recording, () =>
      tf.tidy(() => {
        for (const [key, tensor] of Object.entries(body(execution))) {
          fetches.set(key, handleOf(tensor) as Value);
        }
      }));
    const program = { name, nodes: recording.nodes, feeds, fetches, effects };
    verify(program);
    return program;
  } finally {
    recording.close();
  }
}

/**
 * Runs a function op by op, with real values: the reference for its compiled
 * form, and `--eager`.
 *
 * @param inputs One tensor for each feed, by name.
 */
export function runEagerly(
  context: EagerContext,
  body: Traceable,
  inputs: Readonly<Record<string, TensorData>> = {},
  target: Target = CPU,
): Record<string, TensorData> {
  const direct = new Direct(context, target);
  const reads = new Map<string, tf.Tensor>();
  const assigns: (() => void)[] = [];
  const handles = new Map<string, EagerTensor>();
  const handle = (ref: VariableRef): EagerTensor => {
    let known = handles.get(ref.path);
    if (!known) {
      const attrs = handleAttrs(ref);
      known = direct.execute("VarHandleOp", attrs, [])[0] as EagerTensor;
      handles.set(ref.path, known);
    }
    return known;
  };
  const execution: Execution = {
    feed(name) {
      const data = inputs[name];
      if (!data) throw new Error(`internal: no value for the feed "${name}"`);
      return tensorOf(direct.constant(data));
    },
    read(ref) {
      let tensor = reads.get(ref.path);
      if (!tensor) {
        tensor = tf.keep(tensorOf(
          direct.execute("ReadVariableOp", {
            dtype: { kind: "type", value: ref.dtype },
          }, [handle(ref)])[0] as EagerTensor,
        ));
        nameVariable(tensor, ref.path);
        reads.set(ref.path, tensor);
      }
      return tensor;
    },
    gather(ref, indices) {
      const inputs = [handle(ref), handleOf(indices) as EagerTensor];
      const attrs = gatherAttrs(ref.dtype);
      return tensorOf(
        direct.execute("ResourceGather", attrs, inputs)[0] as EagerTensor,
      );
    },
    assign(ref, value) {
      const kept = tf.keep(value);
      // After everything was read, as in a compiled step.
      assigns.push(() => {
        direct.execute("AssignVariableOp", {
          dtype: { kind: "type", value: ref.dtype },
          validate_shape: { kind: "bool", value: false },
        }, [handle(ref), handleOf(kept) as EagerTensor]);
        kept.dispose();
      });
    },
    scope: (label, inner) => direct.scope(label, inner),
  };
  return withSink(direct, () => {
    const results: Record<string, TensorData> = {};
    tf.tidy(() => {
      for (const [key, tensor] of Object.entries(body(execution))) {
        results[key] = direct.value(handleOf(tensor) as EagerTensor);
      }
      for (const assign of assigns) assign();
    });
    for (const tensor of reads.values()) tensor.dispose();
    for (const resource of handles.values()) direct.release(resource);
    return results;
  });
}
