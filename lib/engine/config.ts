/** @file Session settings, as the bytes of TensorFlow's `ConfigProto`. */

/** How a session uses the machine. */
export interface SessionConfig {
  /** Threads inside one op; 0 lets TensorFlow choose. */
  readonly intraThreads: number;
  /** Ops that may run side by side; 0 lets TensorFlow choose. */
  readonly interThreads: number;
  /** Whether ops and variables may be placed on a GPU. */
  readonly gpu: boolean;
  /** Devices that replicas are placed on; of a CPU, as many parts. 1 by default. */
  readonly replicas?: number;
  /** Compile clusters with XLA (`global_jit_level: ON_1`). */
  readonly xla?: boolean;
  /** Threads of its own, in the place of those that sessions share. */
  readonly ownThreads?: boolean;
  /** The server that the session is on, of several machines. */
  readonly server?: ServerPlace;
}

/** A server, and how many devices it and each of its peers has. */
export interface ServerPlace {
  /** Such as `grpc://10.0.0.1:7100`. */
  readonly target: string;
  readonly devicesEach: number;
}

// Protocol buffers: field number << 3 | wire type (0 varint, 2 bytes).
const varint = (field: number, value: number): number[] => {
  const bytes = [field << 3];
  for (let rest = value;; rest >>>= 7) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest & 127) | 128);
  }
};
const message = (field: number, body: number[]): number[] => [
  (field << 3) | 2,
  body.length,
  ...body,
];
const text = (value: string): number[] => [...new TextEncoder().encode(value)];

/** `RewriterConfig.Toggle`. */
const OFF = 2;
/** `RewriterConfig.NumIterationsType`. */
const ONE = 1;
/** `RewriterConfig.MemOptType`. */
const NONE = 1;

/**
 * `RewriterConfig`: Grappler may not write sums and quotients anew. It turns
 * `a + b + c` into another order, and `x / c` into `x * (1 / c)`, depending on
 * names and on who else reads a value; steps would then differ in their last
 * bits from eager ones, and with what is watched. Neither costs speed. A second
 * round of what is left finds nothing, and costs a tenth of a second. So does
 * its search for memory to spare, which our own passes have done.
 */
const REWRITES = [
  ...varint(7, OFF), // arithmetic_optimization
  ...varint(3, OFF), // constant_folding
  ...varint(4, NONE), // memory_optimization
  ...varint(12, ONE), // meta_optimizer_iterations
];

/**
 * Serializes a configuration. Field numbers are those of
 * `tensorflow/core/protobuf/config.proto`.
 */
export function configProto(config: SessionConfig): Uint8Array<ArrayBuffer> {
  const count = (device: string, devices: number): number[] =>
    message(1, message(1, text(device)).concat(varint(2, devices)));
  const { replicas = 1 } = config;
  return Uint8Array.from([
    ...(config.gpu ? [] : count("GPU", 0)),
    ...(config.gpu || replicas === 1 ? [] : count("CPU", replicas)),
    ...varint(2, config.intraThreads),
    ...varint(5, config.interThreads),
    ...message(6, varint(4, 1)), // gpu_options.allow_growth
    ...varint(7, 1), // allow_soft_placement
    ...(config.ownThreads ? varint(9, 1) : []), // use_per_session_threads
    // graph_options: rewrite_options, and global_jit_level of optimizer_options.
    ...message(10, [
      ...message(10, REWRITES),
      ...(config.xla ? message(3, varint(5, 1)) : []),
    ]),
    // isolate_session_state: variables would outlive a server's session.
    ...(config.server ? varint(15, 1) : []),
  ]);
}
