/** @file Moves weights where they lie. */
import type { Node, Program, Value } from "../../ir/program.ts";
import { bufferOf, bytesOf } from "../../ir/memory.ts";
import { readersOf } from "../../ir/readers.ts";
import type { Pass } from "./pass.ts";
import { rewrite } from "./rewrite.ts";

/** Smaller ones do not show beside some hundred MB of activations. */
const LEAST_BYTES = 2 ** 20;

/**
 * A variable that becomes itself less something is lessened in its own memory:
 * with a value of its own, the new one would lie beside the old one. It waits
 * for all who read the old one before; TensorFlow would copy it for them. Where
 * others read the new value too, such as a twin's EMA, it stays.
 */
export const inPlace: Pass = {
  name: "in-place",
  run(program: Program): Program {
    const readers = readersOf(program);
    const fetched = new Set(program.fetches.values());
    /** Who reads a value, also under another name. */
    const allReaders = (value: Value): Node[] =>
      (readers.get(value) ?? []).flatMap((reader) => [
        reader,
        ...reader.outputs
          .filter((it) => it !== bufferOf(it)).flatMap(allReaders),
      ]);
    return rewrite(program, (node, builder) => {
      const [handle, value] = node.inputs;
      const [read] = node.after;
      if (node.op !== "AssignVariableOp" || !handle || !value || !read) {
        return undefined;
      }
      const [old, less] = value.node.inputs;
      if (value.node.op !== "Sub" || old?.node !== read || !less) {
        return undefined;
      }
      const isShared = fetched.has(value) || readers.get(value)?.length !== 1;
      if (isShared || bytesOf(value) < LEAST_BYTES) return undefined;
      const others = allReaders(old).filter((reader) =>
        reader !== value.node && reader.id < node.id && reader.outputs[0]
      );
      const waits = new Set([read, ...others]);
      builder.add({
        op: "AssignSubVariableOp",
        scope: node.scope,
        inputs: [handle, less].map(builder.map),
        attrs: { dtype: { kind: "type", value: value.dtype } },
        after: [...waits].map(({ outputs }) =>
          builder.map(outputs[0] as Value).node
        ),
      }, []);
      return [];
    });
  },
};
