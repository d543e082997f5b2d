/** @file What methods are trained on to be compared, and how long. */
import { resolve } from "node:path";
import type { Pipeline } from "../../lib/model/pipeline.ts";

/** Images and length of a training. */
export interface Protocol {
  /** In half a sentence. */
  readonly said: string;
  /**
   * What `--set` says.
   *
   * @param own The method's file.
   * @param cifar Image files of CIFAR-10; without them it is downloaded.
   */
  settings(own: Pipeline, cifar: string | undefined): readonly string[];
}

/** By name. */
export const PROTOCOLS = {
  photos: {
    said: "the photographs, a quarter of the file's epochs",
    settings: ({ train }) => [
      `train.epochs=${Math.ceil(train.length.count / 4)}`,
    ],
  },
  cifar10: {
    said: "CIFAR-10, a fifth of the training images, 4 epochs",
    settings({ data: { batch } }, cifar) {
      const source = cifar === undefined
        ? "source: cifar10"
        : `source: tar, path: ${
          JSON.stringify(resolve(cifar))
        }, size: 32, memory: 1000000`;
      return [
        `data={ ${source}, batch: ${batch}, share: 0.2 }`,
        "train.epochs=4",
      ];
    },
  },
} as const satisfies Readonly<Record<string, Protocol>>;

/** Names of protocols. */
export type ProtocolName = keyof typeof PROTOCOLS;

/** Whether something is the name of one. */
export const isProtocol = (name: string): name is ProtocolName =>
  Object.hasOwn(PROTOCOLS, name);
