/**
 * @file Floating-point operations of a program, op by op.
 *
 * A multiply and an add are two. Convolutions and matrix products count
 * theirs, forwards and backwards. Pointwise arithmetic counts one for each
 * element that it writes (a transcendental function too), a reduction one for
 * each element that it reads. Batch norm counts 8 for each element forwards
 * (mean, variance, normalise, scale) and 12 backwards; a softmax with its
 * cross-entropy 5. Moving, casting, comparing and drawing data counts nothing.
 */
import { sizeOf } from "./dtype.ts";
import type { Node, Program, Value } from "./program.ts";

const elements = (value: Value | undefined): number =>
  // The hand-over outputs of batch norm have no static shape.
  value ? Math.max(0, sizeOf(value.shape)) : 0;

/** Writes one result an element. */
const pointwise = ({ outputs }: Node): number => elements(outputs[0]);

/** Reads each element once. */
const reduction = ({ inputs }: Node): number => elements(inputs[0]);

const none = (): number => 0;

const perElement = (count: number) => ({ inputs }: Node): number =>
  count * elements(inputs[0]);

/** Product of the kernel's sides and input channels: multiply-adds for each element of y. */
function reach(
  { shape: [height = 0, width = 0, channels = 0] }: Value,
): number {
  return height * width * channels;
}

/** `2 · |y| · k² · channels`, whichever of x, kernel and y is the result. */
const convolution = (y: Value | undefined, kernel: Value | undefined): number =>
  kernel ? 2 * elements(y) * reach(kernel) : 0;

/** `2 · |y| · k²`: every channel by itself. */
const depthwise = (y: Value | undefined, kernel: Value | undefined): number =>
  kernel ? 2 * elements(y) * sizeOf(kernel.shape.slice(0, 2)) : 0;

/** Each number of the smaller image is spread over a window, or gathered from one. */
const pooling = (small: Value | undefined, { attrs }: Node): number => {
  const window = attrs["ksize"]?.value as readonly number[] | undefined;
  return elements(small) * sizeOf(window ?? []);
};

const product = (transposed: string) => ({ inputs, outputs, attrs }: Node) => {
  const shape = inputs[0]?.shape ?? [];
  const inner = attrs[transposed]?.value === true ? shape.at(-2) : shape.at(-1);
  return 2 * elements(outputs[0]) * (inner ?? 0);
};

/** `factor` times the third power of a matrix's side. */
const cubic = (factor: number) => ({ inputs }: Node): number =>
  factor * (inputs[0]?.shape.at(-1) ?? 0) ** 3;

const RULES: Readonly<Record<string, (node: Node) => number>> = {
  Conv2D: ({ inputs, outputs }) => convolution(outputs[0], inputs[1]),
  DepthwiseConv2dNative: ({ inputs, outputs }) =>
    depthwise(outputs[0], inputs[1]),
  DepthwiseConv2dNativeBackpropInput: ({ inputs }) =>
    depthwise(inputs[2], inputs[1]),
  DepthwiseConv2dNativeBackpropFilter: ({ inputs, outputs }) =>
    depthwise(inputs[2], outputs[0]),
  Conv2DBackpropInput: ({ inputs }) => convolution(inputs[2], inputs[1]),
  Conv2DBackpropFilter: ({ inputs, outputs }) =>
    convolution(inputs[2], outputs[0]),
  AvgPool: (node) => pooling(node.outputs[0], node),
  AvgPoolGrad: (node) => pooling(node.inputs[1], node),
  MatMul: product("transpose_a"),
  BatchMatMul: product("adj_x"),
  BatchMatMulV2: product("adj_x"),
  BatchMatMulV3: product("adj_x"),
  FusedBatchNormV3: perElement(8),
  FusedBatchNormGradV3: perElement(12),
  SparseSoftmaxCrossEntropyWithLogits: perElement(5),
  SoftmaxCrossEntropyWithLogits: perElement(5),
  // Golub and Van Loan, Matrix Computations, sections 4.2.5, 3.1 and 8.3.3.
  Cholesky: cubic(1 / 3),
  MatrixTriangularSolve: cubic(1),
  SelfAdjointEigV2: cubic(9),
  // Where a pixel comes from: two products and two sums for each coordinate.
  ImageProjectiveTransformV3: ({ outputs }) => 8 * elements(outputs[0]),
  L2Loss: perElement(2),
  Softmax: perElement(5),
  LogSoftmax: perElement(5),
  AddN: ({ inputs, outputs }) => (inputs.length - 1) * elements(outputs[0]),
};

const POINTWISE = [
  ..."Abs Add AddV2 BiasAdd Cos Div Erf Erfinv Exp Floor FloorDiv Log".split(
    " ",
  ),
  ..."Maximum Minimum".split(" "),
  ..."Mul Neg Pow RealDiv Relu ReluGrad Round Rsqrt Sigmoid Sin".split(" "),
  ..."Sqrt Square SquaredDifference Sub Tanh".split(" "),
];

const REDUCTIONS = [
  ..."ArgMax BiasAddGrad Cumsum DenseBincount Max MaxPool".split(" "),
  ..."MaxPoolGrad Mean Min Prod Sum UnsortedSegmentSum".split(" "),
];

const FREE = [
  ..."AssignVariableOp Cast ConcatV2 Const Equal ExpandDims Fill".split(" "),
  ..."GatherV2 Greater GreaterEqual Identity IdentityN Less".split(" "),
  ..."IsNan LessEqual LogicalAnd LogicalNot LogicalOr NotEqual OneHot".split(
    " ",
  ),
  ..."OnesLike Pack Pad PadV2 Placeholder Range ReadVariableOp".split(" "),
  ..."Reshape ResourceGather ReverseV2 Select SelectV2 Shape Slice".split(" "),
  ..."SplitV Squeeze StatelessRandomNormal StatelessRandomUniform".split(" "),
  ..."StopGradient StridedSlice Tile TopKV2 Transpose Unpack".split(" "),
  ..."VarHandleOp ZerosLike".split(" "),
];

const BY_OP = new Map<string, (node: Node) => number>([
  ...POINTWISE.map((op) => [op, pointwise] as const),
  ...REDUCTIONS.map((op) => [op, reduction] as const),
  ...FREE.map((op) => [op, none] as const),
  ...Object.entries(RULES),
]);

/** Floating-point operations of one node; `undefined` for an op without a rule. */
export function flopsOf(node: Node): number | undefined {
  return BY_OP.get(node.op)?.(node);
}

/** Ops of a program that no rule counts. */
export function uncounted({ nodes }: Program): readonly string[] {
  return [...new Set(nodes.map(({ op }) => op))].filter((op) => !BY_OP.has(op))
    .sort();
}
