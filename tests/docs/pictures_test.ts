/** @file Pictures of the docs: each is one that the task makes, and graphs are of the pipelines as they are. */
import assert from "@std/assert";
import { join } from "node:path";
import {
  curveFile,
  CURVES,
  GRAPHS,
  graphSvg,
  PICTURES,
} from "../../tools/pictures.ts";

Deno.test("Drawn graphs are those of the pipelines; `deno task pictures --only graphs` makes them anew", async () => {
  for (const name of GRAPHS) {
    const file = join(PICTURES, `graph-${name}.svg`);
    const drawn = await Deno.readTextFile(file);
    assert.equal(drawn.trimEnd(), (await graphSvg(name)).trimEnd(), name);
  }
});

Deno.test("There is no picture that the task does not make", () => {
  const made = [
    ...GRAPHS.map((name) => `graph-${name}.svg`),
    ...Object.entries(CURVES).flatMap(([lesson, keys]) =>
      keys.map((key) => curveFile(lesson, key))
    ),
  ];
  for (const { name } of Deno.readDirSync(PICTURES)) {
    assert.ok(made.includes(name), name);
  }
});
