import assert from "@std/assert";
import {
  byCodePoint,
  isHidden,
  notAnImage,
  planLayout,
} from "../../lib/data/layout.ts";
import { UserError } from "../../lib/errors.ts";

const refused = (work: () => unknown, pattern: RegExp): void =>
  assert.throws(work, (error: unknown) => {
    assert.match(String(error), pattern);
    return error instanceof UserError;
  });

Deno.test("Texts are in the order of their code points", () => {
  const texts = ["b", "a", "ä", "\u{1f600}", "\uff5e", "B", "", "ab", "a-"];
  assert.deepEqual(
    texts.sort(byCodePoint),
    ["", "B", "a", "a-", "ab", "b", "ä", "\uff5e", "\u{1f600}"],
  );
});

Deno.test("Images are told by their extensions, hidden files by their dots", () => {
  for (const name of ["a.jpg", "a/b.JPEG", "x.y.Png", "1.webp", "1.tiff"]) {
    assert.equal(notAnImage(name), undefined);
  }
  for (const name of ["a.txt", "jpg", "a.jpg/readme", "a.svg", "a.jpg.part"]) {
    assert.match(notAnImage(name) ?? "", /does not end in one of/);
  }
  assert.ok(isHidden(".DS_Store") && isHidden("a/._1.jpg"));
  assert.ok(isHidden(".git/a.jpg") && isHidden("__MACOSX/a.jpg"));
  assert.ok(!isHidden("a.b/c.jpg"));
});

Deno.test("The first folder of a path is its class, however deep it goes", () => {
  const plan = planLayout(
    ["b/1.jpg", "a/x/y/2.jpg", "a/3.jpg"],
    undefined,
    "d",
  );
  assert.deepEqual(plan, {
    classes: ["a", "b"],
    train: {
      paths: ["a/3.jpg", "a/x/y/2.jpg", "b/1.jpg"],
      labels: Int32Array.of(0, 0, 1),
    },
  });
});

Deno.test("Classes are in the order of their own names, not of the paths", () => {
  // "-" is before "/".
  const { classes, train } = planLayout(
    ["a-b/1.jpg", "a/1.jpg"],
    undefined,
    "d",
  );
  assert.deepEqual(classes, ["a", "a-b"]);
  assert.deepEqual(train.paths, ["a-b/1.jpg", "a/1.jpg"]);
  assert.deepEqual([...train.labels ?? []], [1, 0]);
});

Deno.test("Images at the top have no labels", () => {
  const plan = planLayout(["2.jpg", "1.jpg"], undefined, "d");
  assert.deepEqual(plan, { train: { paths: ["1.jpg", "2.jpg"] } });
});

Deno.test("Images beside class folders are refused", () => {
  refused(
    () => planLayout(["cat/1.jpg", "2.jpg"], undefined, "d"),
    /classes of d: 2\.jpg lies beside the class folder cat\//,
  );
});

Deno.test("Folders train and test, or val, are splits", () => {
  for (const name of ["test", "val"]) {
    const plan = planLayout(
      ["train/b/1.jpg", "train/a/1.jpg", `${name}/b/2.jpg`],
      undefined,
      "d",
    );
    assert.deepEqual(plan, {
      classes: ["a", "b"],
      train: {
        paths: ["train/a/1.jpg", "train/b/1.jpg"],
        labels: Int32Array.of(0, 1),
      },
      test: { paths: [`${name}/b/2.jpg`], labels: Int32Array.of(1) },
    });
  }
});

Deno.test("A folder train alone is a split, with others it is a class", () => {
  const alone = planLayout(["train/a/1.jpg", "train/b/1.jpg"], undefined, "d");
  assert.deepEqual(alone.classes, ["a", "b"]);
  const plan = planLayout(["train/1.jpg", "bus/1.jpg"], undefined, "d");
  assert.deepEqual(plan.classes, ["bus", "train"]);
});

Deno.test("Splits that do not go together are refused", () => {
  const plan = (...paths: string[]) => () => planLayout(paths, undefined, "d");
  refused(
    plan("train/1.jpg", "test/1.jpg", "val/1.jpg"),
    /both test\/ and val\//,
  );
  refused(
    plan("train/a/1.jpg", "test/b/1.jpg"),
    /there is no class "b" in d\/train/,
  );
  refused(
    plan("train/a/1.jpg", "test/1.jpg"),
    /d\/test: it has images without classes, but d\/train has class folders/,
  );
  refused(
    () => planLayout(["train/1.jpg", "test/1.jpg"], 0.5, "d"),
    /has a folder test\/ to test with already/,
  );
});

Deno.test("A share is held out evenly of every class, the same every time", () => {
  const paths = ["a", "b", "c"].flatMap((name) =>
    Array.from({ length: 20 }, (_, i) => `${name}/${i}.jpg`)
  );
  const plan = planLayout(paths, 0.1, "d");
  assert.deepEqual(planLayout(paths.toReversed(), 0.1, "d"), plan);
  const { train, test } = plan;
  assert.deepEqual([...test?.labels ?? []], [0, 0, 1, 1, 2, 2]);
  assert.equal(train.paths.length, 54);
  assert.deepEqual(
    [...train.paths, ...test?.paths ?? []].sort(byCodePoint),
    [...paths].sort(byCodePoint),
  );
  const classOf = [...train.paths].map((path) => "abc".indexOf(path[0] ?? ""));
  assert.deepEqual([...train.labels ?? []], classOf);
});

Deno.test("A share is held out of images without labels, too", () => {
  const paths = Array.from({ length: 10 }, (_, i) => `${i}.jpg`);
  const { train, test } = planLayout(paths, 0.3, "d");
  assert.equal(train.paths.length, 7);
  assert.equal(test?.paths.length, 3);
  assert.equal(test?.labels, undefined);
  // A shuffle, not the last ones.
  assert.notDeepEqual(test?.paths, paths.slice(7));
});

Deno.test("A share that leaves a side empty is refused", () => {
  refused(() => planLayout(["1.jpg", "2.jpg"], 0.1, "d"), /would be empty/);
});

Deno.test("Images to test with may come from elsewhere", () => {
  const held = { paths: ["b/9.jpg"], where: "e" };
  const plan = planLayout(["a/1.jpg", "b/1.jpg"], held, "d");
  assert.deepEqual(plan.test, { paths: ["b/9.jpg"], labels: Int32Array.of(1) });
  refused(
    () => planLayout(["a/1.jpg"], held, "d"),
    /test with e: there is no class "b" in d/,
  );
});
