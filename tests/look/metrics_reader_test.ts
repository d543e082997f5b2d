/** @file Metrics that are read while a run writes them. */
import assert from "@std/assert";
import { join } from "node:path";
import { LOST } from "../../lib/look/columns.ts";
import { MetricsReader } from "../../lib/look/metrics_reader.ts";
import { inFolder } from "../end_to_end/cli.ts";

const line = (step: number, more: object = {}): string =>
  `${JSON.stringify({ step, loss: step / 10, ...more })}\n`;

Deno.test("Each line is read once, when it is whole", () =>
  inFolder(async (folder) => {
    const path = join(folder, "metrics.jsonl");
    const reader = new MetricsReader(path);
    await reader.readAll();
    assert.equal(reader.columns.rows, 0);
    await Deno.writeTextFile(path, line(1) + line(2).slice(0, 8));
    await reader.readAll();
    assert.equal(reader.columns.rows, 1);
    await Deno.writeTextFile(path, line(2).slice(8) + line(3, { rank: 2 }), {
      append: true,
    });
    await reader.readAll();
    assert.deepEqual([...reader.columns.steps], [1, 2, 3]);
    assert.deepEqual([...reader.columns.get("rank") ?? []], [NaN, NaN, 2]);
    assert.equal(reader.generation, 0);
  }));

Deno.test("A file that was cut and went on is read anew", () =>
  inFolder(async (folder) => {
    const path = join(folder, "metrics.jsonl");
    const reader = new MetricsReader(path);
    const lines = (from: number, to: number, loss: number): string =>
      Array.from({ length: to - from }, (_, i) => line(from + i, { loss }))
        .join("");
    await Deno.writeTextFile(path, lines(1, 5, 0));
    await reader.readAll();
    await Deno.truncate(path, lines(1, 3, 0).length);
    // Longer than before when it is looked at again.
    await Deno.writeTextFile(path, lines(3, 9, 7), { append: true });
    await reader.readAll();
    assert.equal(reader.generation, 1);
    assert.deepEqual([...reader.columns.get("loss") ?? []], [
      ...[0, 0],
      ...[7, 7, 7, 7, 7, 7],
    ]);
  }));

Deno.test("What is no line is passed over, and null is told from nothing", () =>
  inFolder(async (folder) => {
    const path = join(folder, "metrics.jsonl");
    await Deno.writeTextFile(
      path,
      [
        line(1, { a: null }),
        "\0\0{]\n",
        "[1]\nnull\n7\n",
        line(2, { a: "text" }),
        line(1),
        '{"step":3,"__proto__":4}\n',
        `{"step":4,"${"k".repeat(300)}":1}\n`,
      ].join(""),
    );
    const { columns } = new MetricsReader(path);
    const reader = new MetricsReader(path);
    assert.equal(columns.rows, 0);
    await reader.readAll();
    assert.deepEqual([...reader.columns.steps], [1, 3, 4]);
    assert.equal(reader.columns.get("a")?.[0], LOST);
    assert.ok(Number.isNaN(reader.columns.get("a")?.[1]));
    assert.deepEqual(reader.columns.keys, ["loss", "a", "__proto__"]);
    assert.equal(reader.columns.row(0)["a"], null);
  }));

Deno.test({
  name: "A pipe in the place of the metrics is not waited for",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      const path = join(folder, "metrics.jsonl");
      await new Deno.Command("mkfifo", { args: [path] }).output();
      assert.equal((await new MetricsReader(path).readAll()).rows, 0);
    }),
});
