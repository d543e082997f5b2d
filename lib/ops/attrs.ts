/** @file Short forms for op attributes. */
import type { DType } from "../ir/dtype.ts";
import type { Attr } from "../ir/program.ts";

/** An element type. */
export const type = (value: DType): Attr => ({ kind: "type", value });
/** A whole number. */
export const int = (value: number): Attr => ({ kind: "int", value });
/** Whole numbers. */
export const ints = (...value: number[]): Attr => ({ kind: "ints", value });
/** A real number. */
export const float = (value: number): Attr => ({ kind: "float", value });
/** A truth value. */
export const bool = (value: boolean): Attr => ({ kind: "bool", value });
/** A text. */
export const string = (value: string): Attr => ({ kind: "string", value });
