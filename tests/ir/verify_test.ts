import assert from "@std/assert";
import type { Node, Program, Value } from "../../lib/ir/program.ts";
import { verify } from "../../lib/ir/verify.ts";
import { Hand } from "./hand.ts";

/** `c = Add(a, b)`, and an assignment that waits for it. */
function sample(): { hand: Hand; a: Value; c: Value; assign: Node } {
  const hand = new Hand();
  const a = hand.constant(1);
  const b = hand.constant(2);
  const c = hand.value("AddV2", [a, b], { scope: "z" });
  const assign = hand.node("AssignVariableOp", [c], {
    outputs: [],
    after: [a.node],
  });
  return { hand, a, c, assign };
}

const refused = (program: Program, message: RegExp): void =>
  assert.throws(() => verify(program, "a-pass"), (error: Error) => {
    assert.match(error.message, /^internal: after a-pass of "hand": /);
    assert.match(error.message, message);
    return true;
  });

Deno.test("a program whose nodes stand in order is accepted", () => {
  const { hand, a, c, assign } = sample();
  verify(hand.program({
    feeds: new Map([["a", a]]),
    fetches: new Map([["c", c]]),
    effects: [assign],
  }));
});

Deno.test("an input from outside of the program is refused", () => {
  const { hand, c } = sample();
  const nodes = hand.nodes.filter((node) => node !== c.node);
  refused(hand.program({ nodes }), /AssignVariableOp \(node 3, .* AddV2 2/);
});

Deno.test("a node ahead of its input is refused, so no cycle can be", () => {
  const { hand } = sample();
  const nodes = [...hand.nodes].reverse();
  refused(hand.program({ nodes }), /before it runs/);
});

Deno.test("a node that waits for a later one is refused", () => {
  const hand = new Hand();
  const later = hand.constant(1);
  const waiting = hand.node("NoOp", [], { outputs: [], after: [later.node] });
  refused(
    hand.program({ nodes: [waiting, later.node] }),
    /NoOp .* waits for a later node/,
  );
});

Deno.test("a node that stands twice is refused", () => {
  const { hand, a } = sample();
  refused(hand.program({ nodes: [a.node, ...hand.nodes] }), /stands twice/);
});

Deno.test("an output that its node does not have is refused", () => {
  const hand = new Hand();
  const a = hand.constant(1);
  hand.node("Relu", [{ ...a, index: 1 }]);
  refused(hand.program(), /Relu .* reads an output that Const does not have/);
  const other = new Hand();
  const b = other.constant(1);
  // The same place, but not the node's own value: a copy went half way.
  other.node("Relu", [{ ...b }]);
  refused(other.program(), /an output that Const does not have/);
});

Deno.test("feeds, fetches and effects from outside are refused by name", () => {
  const { hand } = sample();
  const stranger = new Hand().constant(1);
  const named = new Map([["x", stranger]]);
  refused(hand.program({ feeds: named }), /feed "x" is not in the program/);
  refused(hand.program({ fetches: named }), /fetch "x" is not in the program/);
  refused(
    hand.program({ effects: [stranger.node] }),
    /effect Const is not in the program/,
  );
});

Deno.test("two nodes of one id are refused", () => {
  const [hand, other] = [new Hand(), new Hand()];
  const [a, b] = [hand.constant(1), other.constant(2)];
  assert.equal(a.node.id, b.node.id);
  refused(hand.program({ nodes: [a.node, b.node] }), /\bid\b/);
});
