/** @file How long it takes until a large step is compiled. */
import type { Bench } from "../bench.ts";
import { changes, givenViews } from "./names.ts";

const BATCH = 16;
const IMAGES = 64;

/** Seconds of the first step, beyond those of a later one. */
export const compileBench: Bench = {
  id: "compile-resnet50",
  group: "against",
  title: `trace and compile, SimSiam, ResNet-50, float32, batch ${BATCH}`,
  timing: "fresh",
  unit: "seconds",
  // One takes minutes.
  mostRounds: 3,
  sides: [
    {
      name: "Stopgrad",
      ways: {
        compiled: {
          host: "ours",
          job: {
            job: "compile",
            pipeline: "simsiam",
            set: [
              ...changes(
                { method: "simsiam", size: "resnet18", precision: "float32" },
                BATCH,
              ),
              ...givenViews(),
              "stages.y.encode=resnet50",
            ],
            images: { kind: "made", count: IMAGES, side: 32 },
          },
        },
      },
    },
    {
      name: "compiled",
      ways: {
        compiled: {
          host: "theirs",
          job: {
            job: "compile",
            method: "simsiam",
            size: "resnet50",
            precision: "float32",
            batch: BATCH,
            images: IMAGES,
            mode: "compiled",
          },
        },
      },
    },
  ],
  target: { bound: "most", ratio: 0.2 },
};
