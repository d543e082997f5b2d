/** @file Formats that an encoder can be exported in: one line each. */
import type { TrainedEncoder } from "./encoder.ts";
import { onnxFormat } from "./onnx/format.ts";
import type { Portable } from "./portable.ts";
import { safetensorsFormat } from "./safetensors/format.ts";
import { savedModelFormat } from "./tensorflow/format.ts";
import { tfjsFormat } from "./tfjs/format.ts";
import type { Files } from "./write_folder.ts";

/** What a format is made of. */
export interface Exporting {
  readonly encoder: TrainedEncoder;
  /** Recorded once, where it is asked for. */
  portable(): Promise<Portable>;
  /** Texts that say where the model comes from. */
  readonly origin: Readonly<Record<string, string>>;
}

/** A way to write an encoder. */
export interface Format {
  /** Half a sentence for the help. */
  readonly summary: string;
  /** Markdown that shows how its files are used. */
  readonly usage: string;
  /** Whether the network is in it, and not its weights alone. */
  readonly runs: boolean;
  /** Its files. */
  files(exporting: Exporting): Promise<Files>;
  /** What the user should know of it; nothing by default. */
  remarks?(exporting: Exporting): readonly string[];
}

/** By the name that `--to` takes. */
export const FORMATS: Readonly<Record<FormatName, Format>> = {
  onnx: onnxFormat,
  savedmodel: savedModelFormat,
  tfjs: tfjsFormat,
  safetensors: safetensorsFormat,
};

/** Name of a format. */
export type FormatName = "onnx" | "savedmodel" | "tfjs" | "safetensors";
