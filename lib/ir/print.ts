/** @file The text form of a program, for `ir`, for tests and for bug reports. */
import type { Attr, Node, Program, Value } from "./program.ts";

const SHOWN_ELEMENTS = 6;

function attrText(attr: Attr): string {
  if (attr.kind === "tensor") {
    const { dtype, shape, data } = attr.value;
    const shown = Array.from(data.subarray(0, SHOWN_ELEMENTS), String);
    if (data.length > SHOWN_ELEMENTS) shown.push("…");
    return `${dtype}[${shape.join(",")}]{${shown.join(" ")}}`;
  }
  return Array.isArray(attr.value)
    ? `[${attr.value.join(",")}]`
    : String(attr.value);
}

function valueType(value: Value): string {
  return `${value.dtype}[${value.shape.join(",")}]`;
}

/**
 * Prints a program, one node a line, numbered in order:
 *
 * ```text
 * %3: float32[8,64] = MatMul(%1, %2) transpose_a=false transpose_b=false  # y/head
 * ```
 */
export function printProgram(program: Program): string {
  const number = new Map<Node, number>();
  program.nodes.forEach((node, i) => number.set(node, i));
  const name = (value: Value): string => {
    const base = `%${number.get(value.node) ?? "?"}`;
    return value.node.outputs.length > 1 ? `${base}.${value.index}` : base;
  };
  const lines = program.nodes.map((node) => {
    const types = node.outputs.map(valueType).join(", ");
    const attrs = Object.entries(node.attrs)
      .filter(([, attr]) => attr.kind !== "type")
      .map(([key, attr]) => ` ${key}=${attrText(attr)}`).join("");
    const after = node.after.length
      ? ` after(${
        node.after.map((n) => `%${number.get(n) ?? "?"}`).join(", ")
      })`
      : "";
    const replica = node.replica === undefined ? "" : ` on(${node.replica})`;
    const scope = node.scope ? `  # ${node.scope}` : "";
    return `%${number.get(node)}${types && `: ${types}`} = ${node.op}(${
      node.inputs.map(name).join(", ")
    })${attrs}${after}${replica}${scope}`;
  });
  const named = (values: ReadonlyMap<string, Value>): string =>
    [...values].map(([key, value]) => `${key}=${name(value)}`).join(", ");
  return [
    `program ${program.name}(${named(program.feeds)})`,
    ...lines.map((line) => `  ${line}`),
    `  return ${named(program.fetches)}`,
  ].join("\n");
}
