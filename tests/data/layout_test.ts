import assert from "@std/assert";
import {
  byCodePoint,
  notAnImage,
  planLayout,
  type SplitPlan,
} from "../../lib/data/layout.ts";
import { isHidden } from "../../lib/data/system_files.ts";
import { UserError } from "../../lib/errors.ts";

const refused = (work: () => unknown, pattern: RegExp): void =>
  assert.throws(work, (error: unknown) => {
    assert.match(String(error), pattern);
    return error instanceof UserError;
  });

/** Paths of a split, one by one. */
const listOf = (split: SplitPlan | undefined): string[] =>
  Array.from(
    { length: split?.paths.length ?? 0 },
    (_, i) => split?.paths.at(i) as string,
  );

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
  for (const name of ["a.txt", "jpg", "a.jpg/readme", "a.jpg.part"]) {
    assert.match(notAnImage(name) ?? "", /does not end in one of/);
  }
  for (const name of ["a.svg", "a.HEIC", "a.bmp", "a.nii.gz"]) {
    assert.match(notAnImage(name) ?? "", /format that is not read: convert it/);
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
    remarks: [
      "classes are the folders at the top; those below them, such as a/x/, do not count",
    ],
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

Deno.test("Splits of any usual name and case are recognised", () => {
  for (
    const [train, test] of [
      ["train", "valid"],
      ["train", "validation"],
      ["Train", "Test"],
      ["TRAIN", "VAL"],
      ["training", "testing"],
      ["training_set", "test_set"],
      ["train2017", "val2017"],
      ["train", "dev"],
    ]
  ) {
    const paths = [`${train}/a/1.jpg`, `${train}/b/1.jpg`, `${test}/b/2.jpg`];
    assert.deepEqual(planLayout(paths, undefined, "d"), {
      classes: ["a", "b"],
      train: { paths: paths.slice(0, 2), labels: Int32Array.of(0, 1) },
      test: { paths: paths.slice(2), labels: Int32Array.of(1) },
    });
  }
});

Deno.test("Of train, validation and test the first is trained on, the last tested with, and the rest is told of", () => {
  for (const name of ["val", "valid", "Validation"]) {
    const { train, test, remarks } = planLayout(
      ["train/a/1.jpg", "test/a/1.jpg", `${name}/a/1.jpg`],
      undefined,
      "d",
    );
    assert.deepEqual(train.paths, ["train/a/1.jpg"]);
    assert.deepEqual(test?.paths, ["test/a/1.jpg"]);
    assert.deepEqual(remarks, [
      `${name}/ (1 images) is neither trained on nor tested with: test/ is there to test with`,
    ]);
  }
});

Deno.test("Classes whose names look like splits are classes", () => {
  for (
    const names of [["valid", "invalid"], ["train", "bus"], ["dev", "ops"]]
  ) {
    const plan = planLayout(names.map((n) => `${n}/1.jpg`), undefined, "d");
    assert.deepEqual(plan.classes, [...names].sort());
  }
});

Deno.test("Splits that cannot be told are refused by their names", () => {
  const plan = (...paths: string[]) => () => planLayout(paths, undefined, "d");
  const says = /Say which is which under "data", such as path: d\/train/;
  for (
    const [paths, pattern] of [
      [
        ["train/1.jpg", "test/1.jpg", "extra/1.jpg"],
        /extra\/ beside them is not/,
      ],
      [
        ["train/1.jpg", "test/1.jpg", "2.jpg"],
        /loose images beside them is not/,
      ],
      [["Train/1.jpg", "train/2.jpg"], /Train\/, train\/ are the same split/],
      [["train/1.jpg", "val/1.jpg", "dev/1.jpg"], /dev\/, val\/ are the same/],
      [["test/a/1.jpg", "val/a/1.jpg"], /none is one to train on/],
      [["test/a/1.jpg"], /test\/ is a split by name, and none/],
      [
        ["cat/1.jpg", "test/cat/1.jpg"],
        /test\/ is a split by name and has a folder cat\//,
      ],
    ] as const
  ) {
    refused(plan(...paths), pattern);
    refused(plan(...paths), says);
  }
  refused(
    plan("set/train/a/1.jpg", "set/test/a/1.jpg"),
    /splits test\/, train\/\.\nSet path: d\/set under "data"/,
  );
  refused(
    () => planLayout(["train/1.jpg", "Test/1.jpg"], 0.5, "d"),
    /has a folder Test\/ to test with already.*\n.*path: d\/train/,
  );
});

Deno.test("Labels of one side alone stay with that side", () => {
  const plan = (...paths: string[]) => planLayout(paths, undefined, "d");
  const trained = plan("train/a/1.jpg", "test/1.jpg");
  assert.deepEqual(trained.train.labels, Int32Array.of(0));
  assert.equal(trained.test?.labels, undefined);
  const tested = plan("train/1.jpg", "test/a/1.jpg");
  assert.equal(tested.train.labels, undefined);
  assert.deepEqual(tested.test?.labels, Int32Array.of(0));
  assert.deepEqual(tested.classes, ["a"]);
});

Deno.test("Classes of the test images alone are told of", () => {
  const { classes, train, test, remarks } = planLayout(
    ["train/b/1.jpg", "test/a/1.jpg", "test/b/1.jpg"],
    undefined,
    "d",
  );
  assert.deepEqual(classes, ["a", "b"]);
  assert.deepEqual([...train.labels ?? []], [1]);
  assert.deepEqual([...test?.labels ?? []], [0, 1]);
  assert.deepEqual(remarks, [
    "1 of the classes of d/test (a) has no image to train on",
  ]);
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
    [...listOf(train), ...listOf(test)].sort(byCodePoint),
    [...paths].sort(byCodePoint),
  );
  const classOf = listOf(train).map((path) => "abc".indexOf(path[0] ?? ""));
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
});
