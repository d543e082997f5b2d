/** @file What tasks compare and say before they begin. */
import assert from "@std/assert";
import { factsApart } from "../../lib/cluster/facts.ts";
import { readMessage } from "../../lib/cluster/messages.ts";

const SAME = { Stopgrad: "1", TensorFlow: "2" };

Deno.test("tasks that are alike differ in nothing, with or without a pipeline at hand", () => {
  const first = { same: SAME, pipeline: { data: { batch: 8 } } };
  assert.deepEqual(factsApart(first, structuredClone(first), 1), []);
  assert.deepEqual(factsApart(first, { same: SAME }, 1), []);
});

Deno.test("every difference is told, of pipelines the first few", () => {
  const first = { same: { ...SAME, "--threads": "2" }, pipeline: { a: 1 } };
  const other = {
    same: { ...SAME, TensorFlow: "3" },
    pipeline: { a: 1, ...Array.from({ length: 10 }, (_, i) => i) },
  };
  const apart = factsApart(first, other, 3);
  assert.deepEqual(apart.slice(0, 3), [
    "TensorFlow: 2 in task 0, 3 in task 3",
    "--threads: 2 in task 0, not given in task 3",
    "pipeline: 0: absent -> 0",
  ]);
  assert.equal(apart.at(-1), "pipeline: 2 more");
});

Deno.test("a line that no task says is no message", () => {
  const hello = { kind: "hello", task: 1, facts: { same: SAME } };
  assert.deepEqual(readMessage(JSON.stringify(hello)), hello);
  const foreign = ["", "GET / HTTP/1.1", "{}", "null", '{"kind":"shell"}']
    .concat(JSON.stringify({ ...hello, task: -1 }))
    .concat(JSON.stringify({ kind: "end", code: 999, text: "" }));
  for (const line of foreign) assert.equal(readMessage(line), undefined, line);
});
