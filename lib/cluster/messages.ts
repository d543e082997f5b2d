/** @file What tasks say to each other, a line of JSON each; an empty line is a sign of life. */
import { z } from "zod";

/** What has to be the same in all tasks. */
const facts = z.object({
  /** Stopgrad's and TensorFlow's versions, the addresses, options that were given. */
  same: z.record(z.string(), z.string()),
  /** Resolved; absent where a task cannot know it. */
  pipeline: z.unknown().optional(),
});

/** How a task computes: as the first one does. */
const orders = z.object({
  device: z.enum(["cpu", "gpu"]),
  threads: z.int().min(1),
  /** Devices of each task. */
  devices: z.int().min(1),
});

const message = z.discriminatedUnion("kind", [
  /** From a task that has come. */
  z.object({ kind: z.literal("hello"), task: z.int().min(1), facts }),
  /** To all, once all are there: start your servers. */
  z.object({ kind: z.literal("serve"), orders }),
  /** From a task whose server listens. */
  z.object({ kind: z.literal("serving") }),
  /** From a task that cannot do it. */
  z.object({ kind: z.literal("unable"), text: z.string() }),
  /** From a task that was interrupted. */
  z.object({ kind: z.literal("interrupt") }),
  /** To all: how it ended. */
  z.object({
    kind: z.literal("end"),
    code: z.int().min(0).max(255),
    text: z.string(),
  }),
]);

/** What a task says to another. */
export type Message = z.infer<typeof message>;
/** What has to be the same in all tasks. */
export type Facts = z.infer<typeof facts>;
/** How a task computes. */
export type Orders = z.infer<typeof orders>;

/** Reads a line; undefined for what no task says. */
export function readMessage(line: string): Message | undefined {
  try {
    return message.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
