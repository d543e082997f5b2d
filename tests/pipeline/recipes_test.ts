/** @file Recipes on other data: what their first lines promise a reader. */
import assert from "@std/assert";
import { TEXTS } from "./shipped_texts.ts";

/** Files in the folder of a set of images, by their path. */
const RECIPES = Object.entries(TEXTS).filter(([file]) =>
  /^(?:cifar|stl|imagenet)\d*\//.test(file)
);

/** The comment at the head of a file, as one line. */
const commentOf = (text: string): string =>
  (/^(?:#.*\n)+/.exec(text)?.[0] ?? "").replaceAll(/\n# ?/g, " ");

Deno.test("Every recipe names its source, says what to expect on which hardware, and what differs", () => {
  assert.ok(RECIPES.length >= 20, `${RECIPES.length}`);
  for (const [file, text] of RECIPES) {
    const comment = commentOf(text);
    assert.match(
      comment,
      /github\.com\/[\w-]+\/[\w-]+|arXiv:\d{4}\.\d{5}|those of \w+\.yaml/,
      file,
    );
    // What extends another differs from its source as that does.
    if (!/^extends:/m.test(text)) assert.match(comment, /What differs/, file);
    // The small ones were made for a CPU: nobody published them.
    if (file.endsWith("-small.yaml")) continue;
    assert.match(comment, /To expect[^%]* \d\d\.\d+ %/, file);
    assert.match(comment, /[GT]PU|V100|appendix/, file);
  }
});
