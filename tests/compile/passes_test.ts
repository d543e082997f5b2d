import assert from "@std/assert";
import { optimize, passesFor } from "../../lib/compile/compile.ts";
import { commonSubexpressions } from "../../lib/compile/passes/common_subexpressions.ts";
import { deadCode } from "../../lib/compile/passes/dead_code.ts";
import { identities } from "../../lib/compile/passes/identities.ts";
import { inPlace } from "../../lib/compile/passes/in_place.ts";
import { delay } from "../../lib/compile/passes/delay.ts";
import { lowPrecision } from "../../lib/compile/passes/low_precision.ts";
import { orderedSums } from "../../lib/compile/passes/ordered_sums.ts";
import type { Pass } from "../../lib/compile/passes/pass.ts";
import { recompute } from "../../lib/compile/passes/recompute.ts";
import { twinsFirst } from "../../lib/compile/passes/twins_first.ts";
import type { DType } from "../../lib/ir/dtype.ts";
import type { Attr, Node, Program, Value } from "../../lib/ir/program.ts";
import { printProgram } from "../../lib/ir/print.ts";
import { BFLOAT16, FLOAT32, type Rounding } from "../../lib/ir/rounding.ts";
import { verify } from "../../lib/ir/verify.ts";
import { floats, Hand, ops, type Rest } from "../ir/hand.ts";

function run(pass: Pass, program: Program): Program {
  const before = printProgram(program);
  const result = pass.run(program);
  verify(result, pass.name);
  assert.equal(printProgram(program), before, "a pass changed its input");
  return result;
}

/** Fetches of a program that keep these values alive. */
const fetching = (...values: Value[]) => ({
  fetches: new Map(values.map((value, i) => [`out${i}`, value])),
});

/** How many of two nodes are left when both are made alike but for `rest`. */
function merged(op: string, left: Rest, right: Rest): boolean {
  const hand = new Hand();
  const x = hand.constant(1);
  const [a, b] = [hand.value(op, [x], left), hand.value(op, [x], right)];
  const { nodes, fetches } = run(
    commonSubexpressions,
    hand.program(fetching(a, b)),
  );
  const [out0, out1] = [fetches.get("out0"), fetches.get("out1")];
  assert.equal(nodes.length, out0 === out1 ? 2 : 3);
  return out0 === out1;
}

Deno.test("dead code: what nothing asks for goes, with all that it alone read", () => {
  const hand = new Hand();
  const used = hand.constant(1);
  const unused = hand.constant(2);
  hand.value("Neg", [hand.value("Exp", [unused])]);
  const kept = hand.value("Relu", [used]);
  const result = run(deadCode, hand.program(fetching(kept)));
  assert.deepEqual(ops(result), ["Const", "Relu"]);
  assert.equal(result.nodes[0], used.node);
});

Deno.test("dead code: effects stay, with what they read and what they wait for", () => {
  const hand = new Hand();
  const handle = hand.value("VarHandleOp", [], { outputs: [["resource"]] });
  const read = hand.value("ReadVariableOp", [handle]);
  const value = hand.constant(3);
  const assign = hand.node("AssignVariableOp", [handle, value], {
    outputs: [],
    after: [read.node],
  });
  hand.value("Exp", [value]);
  const result = run(deadCode, hand.program({ effects: [assign] }));
  assert.deepEqual(ops(result), [
    "VarHandleOp",
    "ReadVariableOp",
    "Const",
    "AssignVariableOp",
  ]);
  assert.deepEqual(result.effects, [assign]);
});

Deno.test("dead code: an assignment that is no effect of the program goes", () => {
  const hand = new Hand();
  const handle = hand.value("VarHandleOp", [], { outputs: [["resource"]] });
  hand.node("AssignVariableOp", [handle, hand.constant(3)], { outputs: [] });
  assert.deepEqual(ops(run(deadCode, hand.program())), []);
});

Deno.test("dead code: a feed stays though nothing reads it, so callers need not know", () => {
  const hand = new Hand();
  const feed = hand.value("Placeholder");
  const result = run(
    deadCode,
    hand.program({ feeds: new Map([["x", feed]]) }),
  );
  assert.deepEqual(ops(result), ["Placeholder"]);
  assert.equal(result.feeds.get("x"), feed);
});

Deno.test("common subexpressions: equal ops of equal inputs merge, all the way down", () => {
  const hand = new Hand();
  const branch = (): Value =>
    hand.value("Exp", [hand.value("Neg", [hand.constant(2, 3)])]);
  const sum = hand.value("AddV2", [branch(), branch()]);
  const result = run(commonSubexpressions, hand.program(fetching(sum)));
  assert.deepEqual(ops(result), ["Const", "Neg", "Exp", "AddV2"]);
  const [left, right] = (result.fetches.get("out0") as Value).node.inputs;
  assert.equal(left, right);
});

Deno.test("common subexpressions: inputs count in order, and by output", () => {
  const hand = new Hand();
  const split = hand.node("Split", [], { outputs: [["float32"], ["float32"]] });
  const [a, b] = split.outputs as [Value, Value];
  const values = [
    hand.value("Sub", [a, b]),
    hand.value("Sub", [b, a]),
    hand.value("Neg", [a]),
    hand.value("Neg", [b]),
    hand.value("Exp", [a]),
  ];
  const result = run(commonSubexpressions, hand.program(fetching(...values)));
  assert.equal(new Set(result.fetches.values()).size, values.length);
});

Deno.test("ordered sums: three and more are added one after another, two as they are", () => {
  const hand = new Hand();
  const [a, b, c] = [1, 2, 3].map((value) => hand.constant(value)) as [
    Value,
    Value,
    Value,
  ];
  const attrs = { attrs: { T: { kind: "type", value: "float32" } as const } };
  const three = hand.value("AddN", [a, b, c], attrs);
  const two = hand.value("AddN", [a, b], attrs);
  const result = run(orderedSums, hand.program(fetching(three, two)));
  const { op, inputs: [left, last] } = result.fetches.get("out0")
    ?.node as Node;
  assert.deepEqual([op, left?.node.op], ["AddV2", "AddV2"]);
  assert.deepEqual(left?.node.inputs, [a, b]);
  assert.deepEqual(last, c);
  assert.equal(result.fetches.get("out1")?.node.op, "AddN");
});

Deno.test("common subexpressions: ops of different attributes stay apart", () => {
  const axis = (value: number): Rest => ({
    attrs: { axis: { kind: "int", value } },
  });
  assert.ok(merged("Pack", axis(1), axis(1)));
  assert.ok(!merged("Pack", axis(1), axis(2)));
  assert.ok(!merged("Pack", axis(1), {}));
  const text = (value: string): Rest => ({
    attrs: { padding: { kind: "string", value } },
  });
  assert.ok(!merged("Conv2D", text("SAME"), text("VALID")));
  const list = (...value: number[]): Rest => ({
    attrs: { strides: { kind: "ints", value } },
  });
  assert.ok(merged("Conv2D", list(1, 2), list(1, 2)));
  assert.ok(!merged("Conv2D", list(1, 2), list(12)));
});

Deno.test("common subexpressions: the backward pass brings activations into other forms by itself", () => {
  const forward = { scope: "encoder" };
  const backward = { scope: "encoder/gradient" };
  const wider: Rest = { outputs: [["float32", 2]] };
  assert.ok(
    !merged("Cast", { ...wider, ...forward }, { ...wider, ...backward }),
  );
  const narrower: Rest = { outputs: [["bfloat16", 2]] };
  assert.ok(
    merged("Cast", { ...narrower, ...forward }, { ...narrower, ...backward }),
  );
  for (const op of ["PadV2", "GatherV2", "Slice", "Reshape"]) {
    assert.ok(!merged(op, forward, backward));
    assert.ok(merged(op, forward, { scope: "encoder/block" }));
    assert.ok(merged(op, backward, { scope: "projector/gradient" }));
  }
  assert.ok(merged("Relu", forward, backward));
});

Deno.test("common subexpressions: the order in which attributes were written is no difference", () => {
  const [a, b]: [Attr, Attr] = [
    { kind: "bool", value: true },
    { kind: "int", value: 1 },
  ];
  assert.ok(merged("Sum", { attrs: { a, b } }, { attrs: { b, a } }));
});

Deno.test("common subexpressions: a number attribute is told by its sign, infinities too", () => {
  const alpha = (value: number): Rest => ({
    attrs: { alpha: { kind: "float", value } },
  });
  assert.ok(merged("LeakyRelu", alpha(0.5), alpha(0.5)));
  assert.ok(!merged("LeakyRelu", alpha(Infinity), alpha(-Infinity)));
  assert.ok(!merged("LeakyRelu", alpha(NaN), alpha(Infinity)));
  assert.ok(!merged("LeakyRelu", alpha(-0), alpha(0)));
});

Deno.test("common subexpressions: constants merge by their bits, so 0 and -0 do not", () => {
  const value = (attr: Attr): Rest => ({ attrs: { value: attr } });
  assert.ok(merged("Const", value(floats(1, 2)), value(floats(1, 2))));
  assert.ok(!merged("Const", value(floats(0)), value(floats(-0))));
  assert.ok(!merged("Const", value(floats(12)), value(floats(1, 2))));
  assert.ok(
    !merged(
      "Const",
      value(floats(Infinity)),
      value(floats(-Infinity)),
    ),
  );
  const row = floats(1, 2) as Extract<Attr, { kind: "tensor" }>;
  const column: Attr = {
    kind: "tensor",
    value: { ...row.value, shape: [2, 1] },
  };
  assert.ok(!merged("Const", value(row), value(column)));
  const whole: Attr = {
    kind: "tensor",
    value: { dtype: "int32", shape: [2], data: Int32Array.of(1, 2) },
  };
  assert.ok(!merged("Const", value(row), value(whole)));
});

Deno.test("common subexpressions: large constants merge when they are the same array", () => {
  const data = new Float32Array(5000);
  const constant = (data: Float32Array): Rest => ({
    attrs: {
      value: {
        kind: "tensor",
        value: { dtype: "float32", shape: [5000], data },
      },
    },
  });
  assert.ok(merged("Const", constant(data), constant(data)));
  // Comparing them would cost more than it saves.
  assert.ok(!merged("Const", constant(data), constant(data.slice())));
});

Deno.test("common subexpressions: what reads or writes state, and feeds, never merge", () => {
  for (const op of ["ReadVariableOp", "ResourceGather", "Placeholder"]) {
    assert.ok(!merged(op, {}, {}), op);
  }
  const hand = new Hand();
  const handle = hand.value("VarHandleOp", [], { outputs: [["resource"]] });
  const one = hand.constant(1);
  const add = (after: Node[]): Node =>
    hand.node("AssignSubVariableOp", [handle, one], { outputs: [], after });
  const first = add([]);
  const second = add([first]);
  const result = run(
    commonSubexpressions,
    hand.program({ effects: [first, second] }),
  );
  assert.equal(result.effects.length, 2);
  assert.notEqual(result.effects[0], result.effects[1]);
  assert.deepEqual(result.effects[1]?.after, [result.effects[0]]);
});

Deno.test("common subexpressions: stateless random draws of one seed are one draw", () => {
  const hand = new Hand();
  const draw = (...seed: number[]): Value =>
    hand.value("StatelessRandomUniform", [
      hand.constant(4),
      hand.constant(...seed),
    ]);
  const [a, b, c] = [draw(7, 0), draw(7, 0), draw(7, 1)];
  const { fetches } = run(
    commonSubexpressions,
    hand.program(fetching(a, b, c)),
  );
  assert.equal(fetches.get("out0"), fetches.get("out1"));
  assert.notEqual(fetches.get("out0"), fetches.get("out2"));
});

Deno.test("common subexpressions: a pure op that waits for another still waits after the copy", () => {
  const hand = new Hand();
  const first = hand.constant(1);
  const waiting = hand.value("Neg", [first], { after: [first.node] });
  const { fetches } = run(
    commonSubexpressions,
    hand.program(fetching(waiting)),
  );
  const { after, inputs } = (fetches.get("out0") as Value).node;
  assert.deepEqual(after, [inputs[0]?.node]);
});

Deno.test("identities: a change of shape or type to the same one goes, a true one stays", () => {
  const hand = new Hand();
  const x = hand.value("Placeholder", [], { outputs: [["float32", 2, 3]] });
  const to = hand.constant(2, 3);
  const chain = ["Reshape", "BroadcastTo", "Slice", "PadV2", "Cast"].reduce(
    (value, op) =>
      hand.value(op, [value, to], { outputs: [["float32", 2, 3]] }),
    x,
  );
  const kept = [
    hand.value("Reshape", [chain, to], { outputs: [["float32", 3, 2]] }),
    hand.value("Slice", [chain, to], { outputs: [["float32", 1, 3]] }),
    hand.value("PadV2", [chain, to], { outputs: [["float32", 4, 3]] }),
    hand.value("Cast", [chain], { outputs: [["int32", 2, 3]] }),
  ];
  const result = run(
    identities,
    hand.program({
      feeds: new Map([["x", x]]),
      ...fetching(chain, ...kept),
    }),
  );
  assert.deepEqual(ops(result), [
    "Placeholder",
    "Const",
    "Reshape",
    "Slice",
    "PadV2",
    "Cast",
  ]);
  // A fetch of what went is a fetch of what it was made from.
  assert.equal(result.fetches.get("out0"), result.feeds.get("x"));
});

Deno.test("identities: a sum of one goes, of two it stays", () => {
  const hand = new Hand();
  const [a, b] = [hand.constant(1), hand.constant(2)];
  const one = hand.value("AddN", [a]);
  const two = hand.value("AddN", [a, b]);
  const result = run(identities, hand.program(fetching(one, two)));
  assert.deepEqual(ops(result), ["Const", "Const", "AddN"]);
  assert.equal(result.fetches.get("out0"), result.nodes[0]?.outputs[0]);
});

Deno.test("identities: what waited for an op that went waits for what it was made from", () => {
  const hand = new Hand();
  const x = hand.constant(1);
  const same = hand.value("Cast", [x], { outputs: [["float32", 1]] });
  const waiting = hand.node("NoOp", [], { outputs: [], after: [same.node] });
  const { effects, nodes } = run(
    identities,
    hand.program({ effects: [waiting] }),
  );
  assert.deepEqual(effects[0]?.after, [nodes[0]]);
});

/** A convolution's worth of elements. */
const LARGE = [2, 8, 8, 16] as const;
const large: Rest = { outputs: [["float32", ...LARGE]] };

Deno.test("low precision: a convolution reads and writes bfloat16 between casts", () => {
  const hand = new Hand();
  const x = hand.value("Placeholder", [], large);
  const kernel = hand.value("Const", [], {
    outputs: [["float32", 3, 3, 16, 16]],
  });
  const y = hand.value("Conv2D", [x, kernel], {
    ...large,
    attrs: { T: { kind: "type", value: "float32" } },
    scope: "y/conv",
  });
  const sum = hand.value("Sum", [y], { scope: "loss" });
  const result = run(lowPrecision("bfloat16"), hand.program(fetching(y, sum)));
  assert.deepEqual(ops(result), [
    "Placeholder",
    "Const",
    "Cast",
    "Cast",
    "Conv2D",
    "Cast",
    "Sum",
  ]);
  const [, , , , convolution, back] = result.nodes;
  assert.equal(convolution?.attrs["T"]?.value, "bfloat16");
  assert.equal(convolution?.scope, "y/conv");
  assert.deepEqual(
    [...convolution?.inputs ?? [], ...convolution?.outputs ?? []]
      .map(({ dtype }) => dtype),
    ["bfloat16", "bfloat16", "bfloat16"],
  );
  // Whoever asked for float32 still gets it.
  assert.equal(result.fetches.get("out0"), back?.outputs[0]);
  assert.equal(result.fetches.get("out0")?.dtype, "float32");
});

Deno.test("low precision: activations stay in bfloat16 between convolutions, and a value is cast once", () => {
  const hand = new Hand();
  const x = hand.value("Placeholder", [], large);
  const kernel = hand.value("Const", [], {
    outputs: [["float32", 3, 3, 16, 16]],
  });
  const twice = [0, 1].map(() => {
    const first = hand.value("Conv2D", [x, kernel], large);
    const positive = hand.value("Relu", [first], large);
    return hand.value("Conv2D", [positive, kernel], large);
  });
  const total = hand.value("AddN", twice, large);
  const result = deadCode.run(
    run(lowPrecision("bfloat16"), hand.program(fetching(total))),
  );
  const casts = result.nodes.filter(({ op }) => op === "Cast")
    .map(({ inputs, outputs }) => [
      inputs[0]?.node.op,
      outputs[0]?.dtype,
    ]);
  assert.deepEqual(casts, [
    ["Placeholder", "bfloat16"],
    ["Const", "bfloat16"],
    ["Conv2D", "float32"],
    ["Conv2D", "float32"],
  ]);
  const relus = result.nodes.filter(({ op }) => op === "Relu");
  assert.deepEqual(
    relus.map(({ outputs }) => outputs[0]?.dtype),
    ["bfloat16", "bfloat16"],
  );
});

Deno.test("low precision: the backward pass does not keep what the forward pass cast back", () => {
  const hand = new Hand();
  const x = hand.value("Placeholder", [], large);
  const norm = hand.value("FusedBatchNormV3", [x], { ...large, scope: "y/bn" });
  const positive = hand.value("Relu", [norm], { ...large, scope: "y/relu" });
  const next = hand.value("Conv2D", [positive], { ...large, scope: "y/conv" });
  const gradient = hand.value("Conv2DBackpropFilter", [positive, next], {
    ...large,
    scope: "y/conv/gradient",
  });
  const result = deadCode.run(
    run(lowPrecision("float32"), hand.program(fetching(next, gradient))),
  );
  const inputOf = (name: string) =>
    result.fetches.get(name)?.node.inputs[0] as Value;
  const [forward, backward] = [inputOf("out0"), inputOf("out1")];
  // Both read float32, each its own, made of the one in bfloat16.
  for (const { node, dtype } of [forward, backward]) {
    assert.deepEqual([node.op, dtype], ["Cast", "float32"]);
    assert.equal(node.inputs[0]?.node.op, "Relu");
    assert.equal(node.inputs[0]?.dtype, "bfloat16");
  }
  assert.notEqual(forward, backward);
  assert.equal(forward.node.inputs[0], backward.node.inputs[0]);
  assert.equal(backward.node.scope, "y/conv/gradient");
  // Nor does a merge of equal things undo it.
  const merged = run(commonSubexpressions, result);
  assert.equal(merged.nodes.length, result.nodes.length);
});

Deno.test("low precision: the backward pass reads float32 as it is where nothing was cast", () => {
  const hand = new Hand();
  const x = hand.value("Placeholder", [], large);
  const norm = hand.value("FusedBatchNormV3", [x], { ...large, scope: "y/bn" });
  const gradient = hand.value("Conv2DBackpropFilter", [x, norm], {
    ...large,
    scope: "y/conv/gradient",
  });
  const { fetches } = run(
    lowPrecision("float32"),
    hand.program(fetching(gradient)),
  );
  const [first, second] = fetches.get("out0")?.node.inputs ?? [];
  // What the batch norm read was rounded for it, but not for the gradient.
  assert.equal(first?.node.op, "Placeholder");
  assert.equal(second?.node.op, "Cast");
});

for (const products of ["bfloat16", "float32"] as const) {
  Deno.test(`low precision: what an op keeps for its gradient is kept in bfloat16, with products in ${products}`, () => {
    const hand = new Hand();
    const x = hand.value("Placeholder", [], large);
    const y = hand.value("Exp", [x], { ...large, scope: "y/op" });
    const kept = hand.value("Identity", [y], { ...large, scope: "y/op" });
    const gradient = hand.value("Mul", [kept, y], {
      ...large,
      scope: "y/op/gradient",
    });
    const result = deadCode.run(
      run(lowPrecision(products), hand.program(fetching(gradient))),
    );
    const [rounded, exact] = result.fetches.get("out0")?.node.inputs ?? [];
    assert.equal(exact?.node.op, "Exp");
    assert.equal(rounded?.node.op, "Cast");
    assert.equal(rounded?.node.scope, "y/op/gradient");
    assert.equal(rounded?.node.inputs[0]?.node.op, "Identity");
    assert.equal(rounded?.node.inputs[0]?.dtype, "bfloat16");
  });
}

Deno.test("low precision: all parts of what is taken apart follow in bfloat16, and attention's products lead", () => {
  const hand = new Hand();
  const x = hand.value("Placeholder", [], large);
  const scope = "y/attention";
  const product = hand.value("BatchMatMul", [x, x], { ...large, scope });
  const half: [DType, ...number[]] = ["float32", 8, 8, 16];
  const parts = hand.node("Unpack", [product], {
    outputs: [half, half],
    scope,
  }).outputs;
  const sum = hand.value("Add", [...parts], { outputs: [half], scope });
  const result = deadCode.run(
    run(lowPrecision("bfloat16"), hand.program(fetching(sum))),
  );
  const rest = result.nodes.filter(({ op }) =>
    ["BatchMatMul", "Unpack", "Add"].includes(op)
  );
  assert.deepEqual(
    rest.flatMap(({ outputs }) => outputs.map(({ dtype }) => dtype)),
    Array(4).fill("bfloat16"),
  );
});

Deno.test("low precision: what is not led by a convolution, is small or is no float32 stays", () => {
  const hand = new Hand();
  const x = hand.value("Placeholder", [], large);
  const whole = hand.value("Placeholder", [], {
    outputs: [["int32", ...LARGE]],
  });
  const values = [
    hand.value("Relu", [x], large),
    hand.value("AddV2", [x, x], large),
    hand.value("Exp", [x], large),
    hand.value("MatMul", [hand.constant(1), hand.constant(2)]),
    hand.value("MatMul", [whole, whole], { outputs: [["int32", ...LARGE]] }),
  ];
  const program = hand.program(fetching(...values));
  assert.equal(
    printProgram(run(lowPrecision("bfloat16"), program)),
    printProgram(program),
  );
});

Deno.test("low precision: what a loss adds up is not rounded, though both lie there in bfloat16", () => {
  const hand = new Hand();
  const x = hand.value("Placeholder", [], large);
  const sums = ["y", "loss"].map((part) => {
    const norms = [0, 1].map(() =>
      hand.value("FusedBatchNormV3", [x], { ...large, scope: "y/bn" })
    );
    return hand.value("Add", norms, { ...large, scope: part });
  });
  const result = run(
    lowPrecision("float32"),
    hand.program(fetching(...sums)),
  );
  const types = result.nodes.filter(({ op }) => op === "Add")
    .map(({ scope, inputs }) => [scope, ...inputs.map(({ dtype }) => dtype)]);
  assert.deepEqual(types, [
    ["y", "bfloat16", "bfloat16"],
    ["loss", "float32", "float32"],
  ]);
});

Deno.test("low precision: statistics of a batch norm stay in float32", () => {
  const hand = new Hand();
  const x = hand.value("Placeholder", [], large);
  const kernel = hand.value("Const", [], {
    outputs: [["float32", 3, 3, 16, 16]],
  });
  const y = hand.value("Conv2D", [x, kernel], large);
  const scale = hand.constant(...new Array<number>(16).fill(1));
  const norm = hand.node("FusedBatchNormV3", [y, scale], {
    outputs: [["float32", ...LARGE], ["float32", 16], ["float32", 16]],
  });
  const [normed, mean] = norm.outputs as [Value, Value];
  const result = run(
    lowPrecision("bfloat16"),
    hand.program(fetching(normed, mean)),
  );
  const copy = result.nodes.find(({ op }) => op === "FusedBatchNormV3");
  assert.deepEqual(copy?.inputs.map(({ dtype }) => dtype), [
    "bfloat16",
    "float32",
  ]);
  assert.deepEqual(copy?.outputs.map(({ dtype }) => dtype), [
    "bfloat16",
    "float32",
    "float32",
  ]);
  assert.equal(result.fetches.get("out1"), copy?.outputs[1]);
});

Deno.test("low precision: where products stay in float32, batch norms lead to bfloat16", () => {
  const hand = new Hand();
  const x = hand.value("Placeholder", [], large);
  const kernel = hand.value("Const", [], {
    outputs: [["float32", 3, 3, 16, 16]],
  });
  const scale = hand.constant(...new Array<number>(16).fill(1));
  const normed = hand.value(
    "FusedBatchNormV3",
    [hand.value("Conv2D", [x, kernel], large), scale],
    large,
  );
  const positive = hand.value("Relu", [normed], large);
  const y = hand.value("Conv2D", [positive, kernel], large);
  const result = deadCode.run(
    run(lowPrecision("float32"), hand.program(fetching(y))),
  );
  const types = result.nodes.map(({ op, outputs }) =>
    `${op} ${outputs[0]?.dtype}`
  );
  assert.deepEqual(types.filter((type) => !type.startsWith("Const")), [
    "Placeholder float32",
    "Conv2D float32",
    "Cast bfloat16",
    "FusedBatchNormV3 bfloat16",
    "Relu bfloat16",
    "Cast float32",
    "Conv2D float32",
  ]);
});

/** A batch norm and a ReLU between two products, and what reads it backwards. */
function normedLayer(
  channels: number,
  { residual = false }: { readonly residual?: boolean } = {},
): Program {
  const hand = new Hand();
  const forward: Rest = {
    outputs: [["float32", 64, 2 ** 14 / channels, channels]],
    scope: "y/layer",
  };
  const backward: Rest = { ...forward, scope: "y/layer/gradient" };
  const x = hand.value("Placeholder", [], forward);
  const norm = hand.node("FusedBatchNormV3", [x], {
    ...forward,
    outputs: [...forward.outputs ?? [], ["float32", channels]],
  });
  const [normed, mean] = norm.outputs as [Value, Value];
  const positive = hand.value("Relu", [normed], forward);
  const others = residual ? [hand.value("Add", [normed, x], forward)] : [];
  const product = hand.value("MatMul", [positive], forward);
  const dy = hand.value("Neg", [product], backward);
  const dr = hand.value("ReluGrad", [dy, positive], backward);
  const dw = hand.value("MatMul", [positive, dr], backward);
  return hand.program(fetching(dw, mean, ...others));
}

Deno.test("recompute: a ReLU after a batch norm is computed again for the backward pass, once", () => {
  const before = normedLayer(64);
  const after = run(recompute, before);
  const added = after.nodes.filter(({ op }) =>
    op === "FusedBatchNormV3" || op === "Relu"
  );
  assert.deepEqual(added.map(({ op, scope }) => [op, scope]), [
    ["FusedBatchNormV3", "y/layer"],
    ["Relu", "y/layer"],
    ["FusedBatchNormV3", "y/layer/gradient"],
    ["Relu", "y/layer/gradient"],
  ]);
  const [, kept, , again] = added;
  const readers = (relu?: Node) =>
    after.nodes.filter(({ inputs }) => inputs.some(({ node }) => node === relu))
      .map(({ op, scope }) => `${op} ${scope}`);
  assert.deepEqual(readers(kept), ["MatMul y/layer"]);
  assert.deepEqual(readers(again), [
    "ReluGrad y/layer/gradient",
    "MatMul y/layer/gradient",
  ]);
  // The statistics are those of the forward pass.
  assert.equal(after.fetches.get("out1")?.node, added[0]);
});

for (
  const [what, program] of [
    ["one with few channels", normedLayer(32)],
    ["one whose batch norm another reads", normedLayer(64, { residual: true })],
  ] as const
) {
  Deno.test(`recompute: ${what} is kept`, () => {
    const after = run(recompute, program);
    assert.equal(printProgram(after), printProgram(program));
  });
}

/** Residual blocks on top of each other, and gradients that read what each gave. */
function residualBlocks(
  shortcuts: readonly ("identity" | "norm")[],
  { read = true }: { readonly read?: boolean } = {},
): Program {
  const hand = new Hand();
  const at = (scope: string): Rest => ({
    outputs: [["float32", 64, 2 ** 8, 64]],
    scope,
  });
  let x = hand.value("Placeholder", [], at("y/stem"));
  const first = x;
  const given = shortcuts.map((shortcut, i) => {
    const inside = at(`y/block${i}`);
    const normed = (): Value =>
      hand.value(
        "FusedBatchNormV3",
        [hand.value("Conv2D", [x], inside)],
        inside,
      );
    const terms = [normed(), shortcut === "norm" ? normed() : x];
    return x = hand.value("Relu", [hand.value("Add", terms, inside)], inside);
  });
  const gradients = [...given, ...read ? [first] : []].map((value) =>
    hand.value("Neg", [value], at("y/gradient"))
  );
  return hand.program(fetching(...gradients));
}

for (
  const [what, program, expected] of [
    ["one of a block whose other term is kept", ["identity"], ["block0"]],
    [
      "every second one of several blocks",
      ["identity", "identity", "identity", "identity"],
      ["block1", "block3"],
    ],
    [
      "one of a block with two batch norms, after a block that is",
      ["identity", "norm"],
      ["block0", "block1"],
    ],
  ] as const
) {
  Deno.test(`recompute: of sums with a batch norm in them, ${what}`, () => {
    const { nodes, fetches } = run(recompute, residualBlocks(program));
    const copies = nodes.filter(({ scope }) => scope.endsWith("/gradient"));
    const scopes = expected.map((block) => `y/${block}/gradient`);
    const relus = copies.filter(({ op }) => op === "Relu");
    assert.deepEqual(relus.map(({ scope }) => scope), scopes);
    const sums = copies.filter(({ op }) => op === "Add");
    assert.deepEqual(sums.map(({ scope }) => scope), scopes);
    // All that a gradient reads is kept, or made anew for it.
    const last = fetches.get(`out${program.length - 1}`)?.node;
    assert.equal(last?.inputs[0]?.node, relus.at(-1));
  });
}

Deno.test("recompute: a sum is kept whose other term nothing would keep", () => {
  const program = residualBlocks(["identity"], { read: false });
  const after = run(recompute, program);
  assert.equal(printProgram(after), printProgram(program));
});

/** A weight, and the end of a chain of ops that reads it. */
function weightAndChain(
  hand: Hand,
  shape: readonly number[],
  length = 20,
): { weight: Value; chain: Value[] } {
  const outputs = { outputs: [["float32", ...shape]] } as const;
  const handle = hand.value("VarHandleOp", [], { outputs: [["resource"]] });
  const weight = hand.value("ReadVariableOp", [handle], outputs);
  const chain = [hand.value("Neg", [weight], outputs)];
  while (chain.length < length) {
    chain.push(hand.value("Exp", [chain.at(-1) as Value], outputs));
  }
  return { weight, chain };
}

/** Ops that wait, each with the place in the chain of what it waits for. */
const waiting = (result: Program): [string, number][] => {
  const chain = result.nodes.filter(({ op }) => op === "Neg" || op === "Exp");
  return result.nodes.filter(({ after }) => after.length > 0).map((
    { op, after },
  ) => [op, chain.indexOf(after[0] as Node)]);
};

/** A weight that a product and its gradient read, and that is lessened. */
function lessened(
  shape: readonly number[],
  { op = "Sub", fetched = false, read = false } = {},
): Program {
  const hand = new Hand();
  const outputs = { outputs: [["float32", ...shape]] } as const;
  const handle = hand.value("VarHandleOp", [], { outputs: [["resource"]] });
  const old = hand.value("ReadVariableOp", [handle], outputs);
  const flat = hand.value("Reshape", [old], outputs);
  const product = hand.value("MatMul", [flat, flat], outputs);
  const less = hand.value("Exp", [product], outputs);
  const next = hand.value(op, [old, less], outputs);
  const other = hand.value("MatMul", [read ? next : old, product], outputs);
  const assign = hand.node("AssignVariableOp", [handle, next], {
    outputs: [],
    after: [old.node],
  });
  return hand.program({
    ...fetching(other, ...(fetched ? [next] : [])),
    effects: [assign],
  });
}

Deno.test("in place: a variable is lessened in its memory, after all who read it", () => {
  const { nodes, effects } = run(
    deadCode,
    run(inPlace, lessened([512, 512])),
  );
  const [assign] = effects;
  assert.equal(assign?.op, "AssignSubVariableOp");
  assert.equal(nodes.some(({ op }) => op === "Sub"), false);
  assert.deepEqual(assign?.inputs.map(({ node }) => node.op), [
    "VarHandleOp",
    "Exp",
  ]);
  const waits = assign?.after.map(({ op }) => op).sort();
  assert.deepEqual(waits, ["MatMul", "MatMul", "ReadVariableOp", "Reshape"]);
});

for (
  const [what, program] of [
    ["small", lessened([511, 512])],
    ["fetched", lessened([512, 512], { fetched: true })],
    ["read by others", lessened([512, 512], { read: true })],
    ["made in another way", lessened([512, 512], { op: "Add" })],
  ] as const
) {
  Deno.test(`in place: what is ${what} is assigned as it was`, () => {
    assert.equal(printProgram(run(inPlace, program)), printProgram(program));
  });
}

Deno.test("delay: what needs a variable alone begins shortly before it is needed", () => {
  const hand = new Hand();
  const outputs = { outputs: [["float32", 64, 64]] } as const;
  const { weight, chain } = weightAndChain(hand, [64, 64]);
  const decay = hand.value("Mul", [weight, weight], outputs);
  const sum = hand.value("Add", [chain[19] as Value, decay], outputs);
  const result = run(delay, hand.program(fetching(sum)));
  assert.deepEqual(waiting(result), [["Mul", 13]]);
});

Deno.test("delay: on the way to a result its first op waits, through views of it", () => {
  const hand = new Hand();
  const outputs = { outputs: [["float32", 64, 64]] } as const;
  const { chain } = weightAndChain(hand, [64, 64]);
  // Windows of an early activation that a gradient needs.
  const padded = hand.value("PadV2", [chain[2] as Value], outputs);
  const flat = hand.value("Reshape", [padded], {
    outputs: [["float32", 4096]],
  });
  const rows = hand.value("GatherV2", [flat], outputs);
  const sum = hand.value("MatMul", [chain[19] as Value, rows], outputs);
  const result = run(delay, hand.program(fetching(sum)));
  assert.deepEqual(waiting(result), [["PadV2", 13]]);
});

for (
  const [what, shape, { first = false, soon = false }] of [
    ["a small value", [31, 33], {}],
    ["a value made before what it would wait for", [64, 64], { first: true }],
    ["a value that another reads soon", [64, 64], { soon: true }],
  ] as const
) {
  Deno.test(`delay: ${what} does not wait`, () => {
    const hand = new Hand();
    const outputs = { outputs: [["float32", ...shape]] } as const;
    const { weight, chain } = weightAndChain(hand, shape, first ? 1 : 20);
    const value = hand.value("Mul", [weight, weight], outputs);
    let last = chain.at(-1) as Value;
    for (let i = 0; first && i < 20; i++) {
      last = hand.value("Exp", [last], outputs);
    }
    const sums = [hand.value("Add", [last, value], outputs)];
    if (soon) sums.push(hand.value("Sub", [chain[2] as Value, value], outputs));
    const result = run(delay, hand.program(fetching(...sums)));
    assert.deepEqual(waiting(result), []);
  });
}

Deno.test("delay: what much is summed up from does not wait for who reads the sum", () => {
  const hand = new Hand();
  const { weight, chain } = weightAndChain(hand, [64, 64]);
  const square = hand.value("Square", [weight], {
    outputs: [["float32", 64, 64]],
  });
  const sum = hand.value("Sum", [square]);
  const last = hand.value("Add", [chain[19] as Value, sum], {
    outputs: [["float32", 64, 64]],
  });
  const result = run(delay, hand.program(fetching(last)));
  assert.deepEqual(waiting(result), []);
});

/**
 * A network on some views, with a gradient, and a twin of it on the same ones,
 * or on what the network made.
 */
function networkAndTwin(
  {
    views = 2,
    rows = 4096,
    viewRows = 64,
    of = "view",
    kept = false,
    queue = false,
    ema = false,
  } = {},
): Program {
  const hand = new Hand();
  const sized =
    (rows: number) =>
    (op: string, inputs: readonly Value[], scope: string): Value =>
      hand.value(op, inputs, { scope, outputs: [["float32", rows, 1024]] });
  const [large, small] = [sized(rows), sized(64)];
  const results = Array.from({ length: views }, () => {
    const view = sized(viewRows)("Exp", [], "views");
    const online = large("Conv2D", [view], "y/conv");
    const y = small("Mean", [online], "y");
    const read = of === "view" ? view : large("Relu", [online], "y");
    const twin = large("MatMul", [read], "target.y/conv");
    const target = small("Mean", [twin], "target.y");
    large("ReluGrad", [kept ? twin : online], "y/gradient");
    const loss = hand.value("Sub", [y, target], { scope: "loss" });
    const gradient = hand.value("Conv2DBackpropFilter", [loss, online, view], {
      scope: "y/conv/gradient",
    });
    const rest: Value[] = [];
    // Assignments have no scope.
    if (queue) rest.push(hand.value("Exp", [large("Pack", [target], "queue")]));
    if (ema) {
      const mean = small("Max", [twin], "target.y");
      rest.push(hand.value("Mul", [mean, gradient], { scope: "ema" }));
    }
    return [gradient, ...rest];
  });
  return hand.program(fetching(...results.flat()));
}

for (
  const [what, program] of [
    ["is plain", networkAndTwin()],
    ["reads large views", networkAndTwin({ viewRows: 4096 })],
    ["fills a queue", networkAndTwin({ queue: true })],
    ["has statistics", networkAndTwin({ ema: true })],
  ] as const
) {
  Deno.test(`twins first: the online network begins when its twin, which ${what}, has ended on all views`, () => {
    const { nodes } = run(twinsFirst, program);
    const begins = nodes.filter(({ op }) => op === "Conv2D");
    const ends = nodes.filter(({ op, scope }) =>
      op === "Mean" && scope === "target.y"
    );
    assert.equal(ends.length, 2);
    assert.deepEqual(begins.map(({ after }) => after), [ends, ends]);
    const others = nodes.filter((node) => !begins.includes(node));
    assert.ok(others.every(({ after }) => after.length === 0));
  });
}

for (
  const [what, program] of [
    ["a twin that a gradient reads", networkAndTwin({ kept: true })],
    ["a twin with one branch", networkAndTwin({ views: 1 })],
    [
      "a twin with one branch, and statistics",
      networkAndTwin({ views: 1, ema: true }),
    ],
    ["a small network", networkAndTwin({ rows: 1024 })],
    ["a twin of what the network made", networkAndTwin({ of: "network" })],
  ] as const
) {
  Deno.test(`twins first: ${what} runs as it was`, () => {
    assert.equal(
      printProgram(run(twinsFirst, program)),
      printProgram(program),
    );
  });
}

Deno.test("every list of passes begins and ends with the removal of dead code", () => {
  for (const passes of [FLOAT32, BFLOAT16].map(passesFor)) {
    assert.equal(passes[0], deadCode);
    assert.equal(passes.at(-1), deadCode);
  }
  const names = (rounding: Rounding) =>
    passesFor(rounding).map(({ name }) => name);
  assert.ok(!names(FLOAT32).includes("low-precision"));
  assert.ok(names(BFLOAT16).includes("low-precision"));
});

Deno.test("passes run in order, each is seen, and a second time changes nothing", () => {
  const hand = new Hand();
  const sum = hand.value("AddV2", [hand.constant(1), hand.constant(1)]);
  hand.value("Exp", [sum]);
  const seen: [string, number][] = [];
  const passes = [deadCode, commonSubexpressions, deadCode];
  const once = optimize(
    hand.program(fetching(sum)),
    passes,
    (pass, { nodes }) => seen.push([pass, nodes.length]),
  );
  assert.deepEqual(seen, [
    ["trace", 4],
    ["dead-code", 3],
    ["common-subexpressions", 2],
    ["dead-code", 2],
  ]);
  assert.equal(printProgram(optimize(once, passes)), printProgram(once));
});

Deno.test("a pass that breaks a program is caught, and named", () => {
  const hand = new Hand();
  const sum = hand.value("Neg", [hand.constant(1)]);
  const breaking: Pass = {
    name: "breaking",
    run: (program) => ({ ...program, nodes: program.nodes.slice(1) }),
  };
  assert.throws(
    () => optimize(hand.program(fetching(sum)), [deadCode, breaking]),
    /^Error: internal: after breaking of "hand": Neg /,
  );
});
