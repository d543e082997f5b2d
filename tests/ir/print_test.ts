import assert from "@std/assert";
import type { Value } from "../../lib/ir/program.ts";
import { printProgram } from "../../lib/ir/print.ts";
import { floats, Hand } from "./hand.ts";

Deno.test("a program prints one numbered node a line, with types, attributes and scope", () => {
  const hand = new Hand();
  const x = hand.value("Placeholder", [], {
    outputs: [["float32", 8, 3]],
    attrs: { shape: { kind: "shape", value: [8, 3] } },
  });
  const w = hand.constant(1, -0.5);
  const y = hand.value("MatMul", [x, w], {
    attrs: {
      T: { kind: "type", value: "float32" },
      transpose_b: { kind: "bool", value: false },
    },
    scope: "z/linear1",
    outputs: [["float32", 8, 64]],
  });
  const program = hand.program({
    name: "forward",
    feeds: new Map([["images", x]]),
    fetches: new Map([["y", y]]),
  });
  assert.deepEqual(printProgram(program).split("\n"), [
    "program forward(images=%0)",
    "  %0: float32[8,3] = Placeholder() shape=[8,3]",
    "  %1: float32[2] = Const() value=float32[2]{1 -0.5}",
    "  %2: float32[8,64] = MatMul(%0, %1) transpose_b=false  # z/linear1",
    "  return y=%2",
  ]);
});

Deno.test("outputs of one op are told apart, and control edges are shown", () => {
  const hand = new Hand();
  const split = hand.node("Split", [], {
    outputs: [["float32", 1], ["int32", 2]],
  });
  const [, second] = split.outputs as [Value, Value];
  hand.node("NoOp", [second], { outputs: [], after: [split] });
  assert.deepEqual(printProgram(hand.program()).split("\n").slice(1, 3), [
    "  %0: float32[1], int32[2] = Split()",
    "  %1 = NoOp(%0.1) after(%0)",
  ]);
});

Deno.test("a long constant shows its first elements", () => {
  const hand = new Hand();
  hand.value("Const", [], { attrs: { value: floats(1, 2, 3, 4, 5, 6, 7) } });
  const text = printProgram(hand.program());
  assert.match(text, /value=float32\[7\]\{1 2 3 4 5 6 …\}/);
});

Deno.test("numbers are places in the program, not the ids of recording", () => {
  const hand = new Hand();
  hand.constant(1);
  const kept = hand.constant(2);
  const program = hand.program({ nodes: [kept.node] });
  assert.match(printProgram(program), /^ {2}%0: float32\[1\] = Const/m);
});
