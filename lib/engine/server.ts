/** @file TensorFlow's own server, which lends this machine's devices to a session. */
import { message, newWriter, sized, text, varint } from "../protobuf.ts";
import { configProto, type SessionConfig } from "./config.ts";
import { type Api, readString } from "./ffi.ts";

/** Name of the job that all tasks belong to. */
const JOB = "worker";

/** A task among others. */
export interface TaskPlace {
  /** `host:port` of every task, in order. */
  readonly addresses: readonly string[];
  readonly task: number;
}

/** What all devices of a task are called. */
export const taskDevice = (task: number): string =>
  `/job:${JOB}/replica:0/task:${task}`;

/** `ServerDef`, by the field numbers of `tensorflow/core/protobuf/tensorflow_server.proto`. */
export function serverDef(
  { addresses, task }: TaskPlace,
  config: SessionConfig,
): Uint8Array<ArrayBuffer> {
  const writer = newWriter();
  message(writer, 1, (cluster) =>
    message(cluster, 1, (job) => {
      text(job, 1, JOB);
      addresses.forEach((address, index) =>
        message(job, 2, (entry) => {
          entry.uint32(varint(1)).int32(index);
          text(entry, 2, address);
        })
      );
    }));
  text(writer, 2, JOB);
  writer.uint32(varint(3)).int32(task);
  writer.uint32(sized(4)).bytes(configProto(config));
  text(writer, 5, "grpc");
  return Uint8Array.from(writer.finish());
}

/**
 * Starts this process's server. It listens on every network of this machine,
 * whatever its address says, and does what anybody asks of it: TensorFlow knows
 * no other way. It cannot be stopped, but with the process.
 *
 * @returns What a session on it is opened with.
 * @throws {EngineError} When its port is in use.
 */
export function startServer(
  api: Api,
  place: TaskPlace,
  config: SessionConfig,
): string {
  const { c, status, check } = api;
  const bytes = serverDef(place, config);
  const server = c.TF_NewServer(bytes, BigInt(bytes.length), status);
  check("Cannot make a server");
  c.TF_ServerStart(server, status);
  check("Cannot start the server");
  return readString(c.TF_ServerTarget(server));
}
