import assert from "@std/assert";
import { flopsOf, uncounted } from "../../lib/ir/flops.ts";
import { bufferOf, bytesOf, peakBytes } from "../../lib/ir/memory.ts";
import { Hand, type Rest } from "./hand.ts";

const floats = (...shape: number[]): Rest => ({
  outputs: [["float32", ...shape]],
});

Deno.test("flopsOf() counts a convolution and its gradients alike", () => {
  const hand = new Hand();
  const x = hand.value("Placeholder", [], floats(2, 8, 8, 3));
  const kernel = hand.value("Placeholder", [], floats(3, 3, 3, 16));
  const sizes = hand.value("Placeholder", [], floats(4));
  const y = hand.node("Conv2D", [x, kernel], floats(2, 4, 4, 16));
  const [dy] = y.outputs as [typeof x];
  const dx = hand.node(
    "Conv2DBackpropInput",
    [sizes, kernel, dy],
    floats(2, 8, 8, 3),
  );
  const dk = hand.node(
    "Conv2DBackpropFilter",
    [x, sizes, dy],
    floats(3, 3, 3, 16),
  );
  const expected = 2 * (2 * 4 * 4 * 16) * (3 * 3 * 3);
  for (const node of [y, dx, dk]) {
    assert.equal(flopsOf(node), expected, node.op);
  }
});

Deno.test("flopsOf() counts matrix products, transposed or not", () => {
  const hand = new Hand();
  const a = hand.value("Placeholder", [], floats(5, 7));
  const plain = hand.node("MatMul", [a, a], floats(5, 3));
  assert.equal(flopsOf(plain), 2 * 5 * 3 * 7);
  const attrs = { transpose_a: { kind: "bool", value: true } } as const;
  const turned = hand.node("MatMul", [a, a], { ...floats(7, 3), attrs });
  assert.equal(flopsOf(turned), 2 * 7 * 3 * 5);
  const batch = hand.value("Placeholder", [], floats(4, 3, 3));
  const many = hand.node("BatchMatMulV2", [batch, batch], floats(4, 3, 9));
  assert.equal(flopsOf(many), 2 * 4 * 3 * 9 * 3);
});

Deno.test("flopsOf() counts what is written, reductions what is read, moves nothing", () => {
  const hand = new Hand();
  const x = hand.value("Placeholder", [], floats(4, 6));
  assert.equal(flopsOf(hand.node("Mul", [x, x], floats(4, 6))), 24);
  assert.equal(flopsOf(hand.node("AddN", [x, x, x], floats(4, 6))), 48);
  assert.equal(flopsOf(hand.node("Sum", [x], floats(4))), 24);
  assert.equal(flopsOf(hand.node("Reshape", [x], floats(24))), 0);
});

Deno.test("flopsOf() counts what transformers are made of", () => {
  const hand = new Hand();
  const x = hand.value("Placeholder", [], floats(4, 6));
  assert.equal(flopsOf(hand.node("Erf", [x], floats(4, 6))), 24);
  assert.equal(flopsOf(hand.node("BiasAdd", [x, x], floats(4, 6))), 24);
  assert.equal(flopsOf(hand.node("BiasAddGrad", [x], floats(6))), 24);
  assert.equal(flopsOf(hand.node("UnsortedSegmentSum", [x], floats(9, 6))), 24);
  assert.equal(flopsOf(hand.node("Softmax", [x], floats(4, 6))), 5 * 24);
  const heads = hand.value("Placeholder", [], floats(2, 3, 5, 7));
  const scores = hand.node("BatchMatMul", [heads, heads], floats(2, 3, 5, 5));
  assert.equal(flopsOf(scores), 2 * (2 * 3 * 5 * 5) * 7);
});

Deno.test("uncounted() names ops without a rule", () => {
  const hand = new Hand();
  hand.node("Fft");
  hand.node("Add");
  assert.deepEqual(uncounted(hand.program()), ["Fft"]);
  assert.equal(flopsOf(hand.nodes[0] as typeof hand.nodes[number]), undefined);
});

Deno.test("bufferOf() sees through reshapes, and bytesOf() counts them once", () => {
  const hand = new Hand();
  const x = hand.value("Relu", [hand.constant(1)], floats(4, 6));
  const flat = hand.value("Reshape", [x], floats(24));
  assert.equal(bufferOf(flat), x);
  assert.equal(bytesOf(x), 96);
  assert.equal(bytesOf(flat), 0);
});

Deno.test("peakBytes() frees a value after its last reader", () => {
  const hand = new Hand();
  const input = hand.value("Placeholder", [], floats(100));
  let x = hand.value("Relu", [input], floats(100));
  for (let i = 0; i < 10; i++) x = hand.value("Relu", [x], floats(100));
  // Two at a time: what is read and what is written.
  assert.equal(peakBytes(hand.program({ fetches: new Map([["x", x]]) })), 800);
});

Deno.test("peakBytes() keeps what is read late, also through a reshape", () => {
  const hand = new Hand();
  const input = hand.value("Placeholder", [], floats(100));
  const first = hand.value("Relu", [input], floats(100));
  const flat = hand.value("Reshape", [first], floats(100));
  let x = first;
  for (let i = 0; i < 3; i++) x = hand.value("Relu", [x], floats(100));
  x = hand.value("Mul", [x, flat], floats(100));
  assert.equal(peakBytes(hand.program({ fetches: new Map([["x", x]]) })), 1200);
});
