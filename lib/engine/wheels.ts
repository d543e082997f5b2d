/** @file The wheels that carry libtensorflow, pinned. */
import type { Build } from "./library.ts";

/** A file of the Python package index. */
export interface Wheel {
  readonly requirement: string;
  /** pip's platform tag. */
  readonly platform: string;
  readonly sha256: string;
  readonly bytes: number;
  /** Sizes of the two libraries in it. */
  readonly frameworkBytes: number;
  readonly ccBytes: number;
  /** Digests of the two libraries by name, where they are pinned. */
  readonly libraries?: Readonly<Record<string, string>>;
  /** Further requirements with CUDA's libraries. */
  readonly cuda: readonly string[];
}

/** Version that set-up installs. */
export const VERSION = "2.21.0";

const X86 = "manylinux_2_27_x86_64";

/** Wheel by machine and build. Any Python's wheel holds the same libraries; these are for 3.11. */
export const WHEELS: Readonly<Record<string, Wheel>> = {
  "x86_64/cpu": {
    requirement: `tensorflow-cpu==${VERSION}`,
    platform: X86,
    sha256: "2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c",
    bytes: 273_829_956,
    frameworkBytes: 65_222_328,
    ccBytes: 788_086_608,
    libraries: {
      "libtensorflow_framework.so.2":
        "f060b323b26ef80add21b9df9428de3aeaf2843d772c5bb098745f7abff3709b",
      "libtensorflow_cc.so.2":
        "6505a4b9657e62100c6bdacb683957a395cb047725042945aaa50e40a71e429e",
    },
    cuda: [],
  },
  "x86_64/gpu": {
    requirement: `tensorflow==${VERSION}`,
    platform: X86,
    sha256: "9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124",
    bytes: 572_440_367,
    frameworkBytes: 162_648_808,
    ccBytes: 1_096_372_272,
    cuda: [
      "nvidia-cublas-cu12==12.9.3.13",
      "nvidia-cuda-cupti-cu12==12.9.79",
      "nvidia-cuda-nvcc-cu12==12.9.86",
      "nvidia-cuda-nvrtc-cu12==12.9.86",
      "nvidia-cuda-runtime-cu12==12.9.79",
      "nvidia-cudnn-cu12==9.28.0.42",
      "nvidia-cufft-cu12==11.4.1.4",
      "nvidia-curand-cu12==10.3.10.19",
      "nvidia-cusolver-cu12==11.7.5.82",
      "nvidia-cusparse-cu12==12.5.10.65",
      "nvidia-nccl-cu12==2.32.3",
      "nvidia-nvjitlink-cu12==12.9.86",
    ],
  },
  "aarch64/cpu": {
    requirement: `tensorflow==${VERSION}`,
    platform: "manylinux_2_27_aarch64",
    sha256: "4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c",
    bytes: 281_828_020,
    frameworkBytes: 68_176_664,
    ccBytes: 814_885_544,
    cuda: [],
  },
};

/** The wheel for this machine; `undefined` where there is none. */
export function wheelFor(build: Build): Wheel | undefined {
  if (Deno.build.os !== "linux") return undefined;
  return WHEELS[`${Deno.build.arch}/${build}`];
}
