/** @file Pipelines that are written in the page: checked, drawn, planned, looked at, saved, run. */
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { inspect } from "../apart/inspect.ts";
import { writeAtomic } from "../checkpoint/write_atomic.ts";
import { UserError } from "../errors.ts";
import { pipelineSchema } from "../pipeline/explain/json_schema.ts";
import {
  checkTrusted,
  type LoadedPipeline,
  readText,
} from "../pipeline/load.ts";
import { readRegularText } from "../regular_file.ts";
import { planRun } from "../train/plan.ts";
import { bodyOf, events, needed, pause, type Routes } from "./answer.ts";
import type { EngineRoom } from "./engine_room.ts";
import { drawWithRoom, stagesOf } from "./graph_routes.ts";
import { Refused } from "./guard.ts";
import { Launcher } from "./launch.ts";
import type { RunStore } from "./run_store.ts";
import { drawViews } from "./views.ts";

/** A name within the folder: parts without dots at their beginning. */
const NAME = /^(?:[\w-][\w.-]*\/)*[\w-][\w.-]*\.ya?ml$/;

const nameSchema = z.string().max(300).regex(
  NAME,
  'expected a name such as "mine.yaml"',
);
/** More is no pipeline. */
const textSchema = z.string().max(1_000_000);
const written = z.object({ name: nameSchema, text: textSchema });

/** Files of a folder, and below. */
async function* pipelinesBelow(
  folder: string,
  path = "",
): AsyncGenerator<string> {
  const entries = await Array.fromAsync(Deno.readDir(join(folder, path)))
    .catch(() => []);
  for (const { name, isFile, isDirectory } of entries) {
    const below = path ? `${path}/${name}` : name;
    if (isDirectory && /^[\w-]/.test(name)) {
      yield* pipelinesBelow(folder, below);
    } else if (isFile && NAME.test(below)) yield below;
  }
}

/** Routes about pipelines that are written. */
export function editorRoutes(
  folder: string,
  store: RunStore,
  room: EngineRoom,
): Routes {
  const launcher = new Launcher(store.root);
  /** A file of the folder; no link leads out of it. */
  const pathOf = async (name: string): Promise<string> => {
    const path = resolve(folder, nameSchema.parse(name));
    const info = await Deno.lstat(path).catch(() => undefined);
    const above = await Deno.realPath(dirname(path)).catch(() => undefined);
    const root = await Deno.realPath(folder).catch(() => folder);
    const inside = above === undefined || above === root ||
      above.startsWith(`${root}/`);
    if (info?.isSymlink || !inside) {
      throw new Refused(403, `"${name}" is a link, and may lie elsewhere.`);
    }
    return path;
  };
  /** Refuses a pipeline, or a point of it, that names modules of its own. */
  const checkModules = ({ variants }: ReturnType<typeof readText>): void => {
    for (const { source } of variants) room.checkModules(source.value);
  };
  /** A pipeline as it is written, checked with all its modules. */
  const loadText = async (
    name: string,
    text: string,
  ): Promise<LoadedPipeline> => {
    const reading = readText(await pathOf(name), text, {});
    checkModules(reading);
    const { loaded, text: problems } = await checkTrusted(reading, {
      onModule: room.onModule,
    });
    if (!loaded) throw new UserError(problems);
    return loaded;
  };

  return {
    "GET /api/editor/files": async () => ({
      folder,
      files: (await Array.fromAsync(pipelinesBelow(folder))).sort(),
    }),

    "GET /api/editor/file": async (asked) => {
      const name = needed(asked, "name");
      const text = await readRegularText(await pathOf(name)).catch((error) => {
        if (error instanceof Refused) throw error;
        throw new Refused(404, `There is no "${name}".`);
      });
      return { name, text };
    },

    "GET /api/editor/schema": () => pipelineSchema(),

    "POST /api/editor/check": async (asked) => {
      const { name, text } = await bodyOf(asked, written);
      const path = await pathOf(name);
      const { placed, points, outline } = await inspect(path, { text });
      const findings = placed.map(({ file, ...finding }) => ({
        ...finding,
        // Those of a base have their place in another file.
        ...(resolve(file) === path || file === path ? {} : { file }),
      }));
      if (!outline) return { findings, points };
      const { diagram, resolved } = outline();
      return {
        findings,
        points,
        svg: await drawWithRoom(diagram),
        stages: stagesOf(diagram, resolved),
      };
    },

    "POST /api/editor/plan": async (asked) => {
      const { name, text } = await bodyOf(asked, written);
      return await room.alone(async () => {
        const loaded = await loadText(name, text);
        const plan = planRun(loaded, await room.engine());
        return {
          stages: plan.stages.map((
            { wired, parameters, flops, activations },
          ) => ({
            name: wired.name,
            parameters,
            flops,
            activations,
          })),
          parameters: plan.parameters,
          flops: plan.flops,
          memory: plan.memory,
          images: plan.images ?? null,
          length: plan.length ?? null,
          batch: loaded.pipeline.data.batch,
        };
      });
    },

    "POST /api/editor/save": async (asked) => {
      const { name, text, before } = await bodyOf(
        asked,
        written.extend({ before: textSchema.nullable() }),
      );
      const path = await pathOf(name);
      const now = await readRegularText(path).catch(() => null);
      if (now !== before) {
        throw new Refused(
          409,
          before === null
            ? `There is a "${name}" already: choose another name.`
            : `"${name}" was changed elsewhere meanwhile: it was not saved. Take another name, or load it again.`,
        );
      }
      await Deno.mkdir(dirname(path), { recursive: true });
      await writeAtomic(path, new TextEncoder().encode(text));
      return { name };
    },

    /** Views of a pipeline that is written, or of a run's. */
    "POST /api/views": async (asked) => {
      const { id, name, text, ...request } = await bodyOf(
        asked,
        z.object({
          id: z.string().optional(),
          name: nameSchema.optional(),
          text: textSchema.optional(),
          count: z.int().min(1).max(32),
          first: z.int().min(0),
          step: z.int().min(0).max(2 ** 30),
        }),
      );
      const run = id === undefined ? undefined : await store.folder(id);
      return await room.alone(async () => {
        const loaded = run !== undefined
          ? await room.load(run)
          : await loadText(name ?? "", text ?? "");
        const { train } = await room.data(loaded.pipeline, loaded.baseDir);
        return await drawViews(room, loaded, train, request);
      });
    },

    "POST /api/jobs": async (asked) => {
      const { name } = await bodyOf(asked, z.object({ name: nameSchema }));
      const path = await pathOf(name);
      // A run executes them: a click is no consent to that.
      checkModules(readText(path, await readRegularText(path), {}));
      return launcher.start(name, path);
    },

    "POST /api/jobs/stop": async (asked) => {
      const { id } = await bodyOf(asked, z.object({ id: z.int() }));
      return launcher.stop(id);
    },

    "GET /api/jobs/events": () =>
      events(async (send, signal) => {
        let told = "";
        while (!signal.aborted) {
          const jobs = JSON.stringify(launcher.jobs);
          if (jobs !== told) send({ event: "jobs", data: launcher.jobs });
          told = jobs;
          await pause(400, signal);
        }
      }),
  };
}
