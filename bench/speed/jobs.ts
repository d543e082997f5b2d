/** @file The jobs of workers, as data: they travel as JSON. */

/** Methods that are compared. */
export const METHODS = ["simsiam", "byol"] as const;
/** Encoders that are compared. */
export const SIZES = ["small", "resnet18"] as const;
/** Those whose step is compared; the rest compares the above alone. */
export const STEP_SIZES = [...SIZES, "vit_tiny"] as const;
/** Those that only a GPU is asked for, on images of 224 pixels. */
export const LARGE_SIZES = ["resnet50_224", "vit_small_224"] as const;
/** Precisions that are compared. */
export const PRECISIONS = ["float32", "bfloat16"] as const;

/** One of {@linkcode METHODS}. */
export type Method = typeof METHODS[number];
/** One of {@linkcode SIZES}. */
export type Size = typeof SIZES[number];
/** One of {@linkcode STEP_SIZES}. */
export type StepSize = typeof STEP_SIZES[number];
/** One of {@linkcode LARGE_SIZES}. */
export type LargeSize = typeof LARGE_SIZES[number];
/** One of {@linkcode PRECISIONS}. */
export type Precision = typeof PRECISIONS[number];

/** Images that a worker trains on. */
export type Images =
  /** Random bytes. */
  | { readonly kind: "made"; readonly count: number; readonly side: number }
  /** `train-pixels.npy` of the bench's folder. */
  | { readonly kind: "data" };

/** A training step of ours. */
export interface OurStep {
  /** Of a file in `pipelines/cifar10`, such as `simsiam-small`. */
  readonly pipeline: string;
  /** As `--set` takes them. */
  readonly set: readonly string[];
  readonly images: Images;
  readonly xla?: boolean;
}

/** What our worker can do. */
export type OurJob =
  | (OurStep & { readonly job: "step"; readonly warmup: number })
  | (OurStep & { readonly job: "memory"; readonly steps: number })
  | (OurStep & { readonly job: "compile" })
  | { readonly job: "augment"; readonly batch: number }
  | {
    readonly job: "convolution";
    readonly precision: Precision;
    readonly batch: number;
    readonly side: number;
    readonly channels: number;
    readonly chain: number;
  }
  | {
    readonly job: "product";
    readonly precision: Precision;
    readonly side: number;
    readonly chain: number;
  }
  /** Started by the bench itself. */
  | {
    readonly job: "first-step";
    readonly pipeline: string;
    readonly set: readonly string[];
  };

/** A model of theirs. */
interface TheirModel {
  readonly method: Method | "dino";
  readonly size: StepSize | LargeSize | "resnet50";
  readonly precision: Precision;
  readonly batch: number;
}

/** The same model on views that are given. */
export interface TheirStep extends TheirModel {
  readonly mode: "eager" | "compiled";
  /** Images in memory. */
  readonly images: number;
  /** Pixels of a row of them: 32 by default. */
  readonly side?: number;
}

/** What PyTorch's worker can do; `jobs.py` reads these. */
export type TheirJob =
  | (TheirStep & { readonly job: "step"; readonly warmup: number })
  | (TheirStep & { readonly job: "memory"; readonly steps: number })
  | (TheirStep & { readonly job: "compile" })
  | (TheirModel & {
    readonly job: "end-to-end";
    readonly workers: number;
    readonly warmup: number;
    readonly mode?: "eager" | "compiled";
  })
  | { readonly job: "augment"; readonly batch: number }
  | Extract<OurJob, { job: "convolution" | "product" }>
  /** Started by the bench itself. */
  | (TheirModel & { readonly job: "first-step" });

/** What a worker says when it is ready. */
export interface Facts {
  /** Images, views or operations of one unit of work; absent where `value` is. */
  readonly units?: number;
  /** What it measured of itself. */
  readonly value?: number;
  /** Floating-point operations of a step, by image. */
  readonly flops?: number;
  /** Such as `PyTorch 2.13.0`. */
  readonly versions: readonly string[];
}
