/** @file Runs as a process: looks for an engine, or installs one, and prints what came of it. */
import {
  ensureEngine,
  installEngine,
  type InstallOptions,
  type InstallProgress,
} from "../../lib/engine/install.ts";
import { locateEngine } from "../../lib/engine/locate.ts";

const ACTIONS = {
  locate: locateEngine,
  ensure: ensureEngine,
  install: installEngine,
} as const;

const [action, options] = JSON.parse(Deno.args[0] ?? "") as [
  keyof typeof ACTIONS,
  InstallOptions & { readonly endAfter?: number },
];
const tasks: InstallProgress[] = [];
try {
  const library = await ACTIONS[action]({
    ...options,
    onProgress: (progress) => {
      tasks.push(progress);
      if (!options.endAfter || performance.now() < options.endAfter) return;
      console.log(JSON.stringify({ tasks }));
      Deno.exit(130);
    },
  });
  console.log(JSON.stringify({ library, tasks }));
} catch (error) {
  const { name, message } = error as Error;
  console.log(JSON.stringify({ error: { name, message }, tasks }));
}
