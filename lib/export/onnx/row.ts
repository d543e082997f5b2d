/** @file What stands in the table of ops. */
import type { Node } from "../../ir/program.ts";
import type { OnnxBuilder } from "./builder.ts";

/** Adds the ONNX nodes that compute an op, and names its outputs. */
export type OnnxRow = (node: Node, to: OnnxBuilder) => void;
