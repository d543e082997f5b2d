/** @file A disk that fills up: a real one, of a few megabytes. */
import assert from "@std/assert";
import { join } from "node:path";
import { inFolder, MAIN, type Outcome, outcome, ROOT } from "./cli.ts";

/** Three checkpoints of 6.3 MB do not fit into 15 MB. */
const PIPELINE = `
data: { source: photos, batch: 16 }
stages:
  views: { augment: [horizontal_flip], of: image, count: 2 }
  y: { encode: mlp, of: views, hidden: 256, out: 16 }
  loss: { loss: nt_xent, between: [y, y], pairs: unordered }
train: { steps: 12, optimizer: { sgd: { lr: 0.01, momentum: 0.9 } } }
monitor: off
checkpoint: { every: ${2 / 450}, keep: 2 }
evaluate: { knn: false, linear: false }
`;

/** A way to run out of space. */
interface Way {
  readonly command: readonly string[];
  readonly before: string;
  readonly run: string;
  readonly after: string;
  /** Where the disk can be made one that can only be read. */
  readonly readOnly?: string;
}

const RUN = "stopgrad run full.yaml --runs-dir disk";

/** A file system of 15 MB, made larger afterwards. */
const SMALL_DISK: Way = {
  command: ["unshare", "-rm"],
  before: "mount -t tmpfs -o size=15m none disk || exit 99",
  run: RUN,
  after: "mount -o remount,size=100m none disk",
  readOnly: `
mount -o remount,ro none disk
stopgrad resume --epochs 1 disk/full/*
echo "exit read-only:$?"`,
};

/** Where nothing may be mounted: no file may be larger than 5 MB. */
const SMALL_FILES: Way = {
  command: [],
  before: "",
  run: `(ulimit -f 5000; ${RUN})`,
  after: "",
};

/** Trains, resumes with more space, and trains a run that never lacked it. */
const scriptOf = ({ before, run, after, readOnly = "" }: Way): string => `
cd "$1"
${before}
stopgrad() { "$DENO" run -A --no-check "$MAIN" "$@"; }
sums() {
  sha256sum "$1"/checkpoints/step-00000012.safetensors
  sed 's/"seconds":[^,]*,//' "$1"/metrics.jsonl | sha256sum
}
${run}
echo "exit full:$?"
find disk -name '*.part'
${after}
stopgrad resume disk/full/*
echo "exit resume:$?"
stopgrad run full.yaml --runs-dir disk/whole
echo "exit whole:$?"
sums disk/full/*
sums disk/whole/full/*
${readOnly}
`;

function shell(way: Way, folder: string): Promise<Outcome> {
  const script = ["sh", "-c", scriptOf(way), "sh", folder];
  const [program = "sh", ...args] = [...way.command, ...script];
  return outcome(
    new Deno.Command(program, {
      args,
      cwd: ROOT,
      env: { NO_COLOR: "1", DENO: Deno.execPath(), MAIN },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn(),
  );
}

/** A user's own mounts need no privilege where user namespaces are allowed. */
async function mayMount(): Promise<boolean> {
  try {
    const probe = "mount -t tmpfs none /mnt";
    const { success } = await new Deno.Command("unshare", {
      args: ["-rm", "sh", "-c", probe],
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch {
    return false;
  }
}

Deno.test({
  name: "A full disk ends the run with one message and a usable checkpoint",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inFolder(async (folder) => {
      await Deno.writeTextFile(join(folder, "full.yaml"), PIPELINE);
      await Deno.mkdir(join(folder, "disk"));
      const mounts = await mayMount();
      const way = mounts ? SMALL_DISK : SMALL_FILES;
      const { stdout, stderr } = await shell(way, folder);
      const told = `${stdout}\n${stderr}`;
      assert.match(stdout, /^exit full:2$/m, told);
      const message = /^Cannot write to .*: (.*)\.\n(.*)$/m.exec(stderr);
      const [, reason = "", cure = ""] = message ?? [];
      if (mounts) {
        assert.equal(reason, "there is no space left on the disk", told);
        assert.match(cure, /^The checkpoint of step 4 is whole; .*resume/);
        assert.match(stdout, /^exit read-only:2$/m, told);
        assert.match(
          stderr,
          /^Cannot write to .*: the disk can only be read\.$/m,
        );
      } else {
        assert.match(reason, /larger than is allowed/, told);
        assert.match(cure, /^There is no checkpoint yet; .*resume/);
      }
      assert.doesNotMatch(stderr, /\n\s+at /);
      assert.doesNotMatch(stdout, /\.part$/m);
      assert.match(stdout, /^exit resume:0$/m, told);
      assert.match(stdout, /^exit whole:0$/m, told);
      const sums = [...stdout.matchAll(/^([0-9a-f]{64}) /gm)].map(([, sum]) =>
        sum
      );
      assert.equal(sums.length, 4, told);
      assert.deepEqual(sums.slice(0, 2), sums.slice(2));
    }),
});
