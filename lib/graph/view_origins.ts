/** @file Which view of the images each view of a value shows. */
import type { Input, Reference } from "../model/pipeline.ts";
import { OUTPUT } from "../stages/define.ts";
import type { WiredStage } from "./stage_graph.ts";

/**
 * Where each view was made, such as `global[0]`; `undefined` where that cannot
 * be told. What saw an image through a mask shows another view of it.
 */
type Origins = readonly (string | undefined)[];

/** Origins of the views that some references read, by the stages that are wired. */
export function originsOf(
  references: readonly Reference[],
  byName: ReadonlyMap<string, WiredStage>,
): Origins {
  return references.flatMap(({ stage, output = OUTPUT, view, range }) => {
    const wired = byName.get(stage);
    const all = wired ? given(wired, output, byName) : [];
    if (view !== undefined) return [all[view]];
    return range ? all.slice(...range) : all;
  });
}

/** Origins of the views of an output. */
function given(
  { name, stage, inputs, built }: WiredStage,
  output: string,
  byName: ReadonlyMap<string, WiredStage>,
): Origins {
  const views = built.outputs[output] ?? [];
  if (Object.values(inputs).flat().some(({ is }) => is === "pixels")) {
    return views.map((_, view) => `${name}[${view}]`);
  }
  const [[, main] = []] = stage.inputs;
  const read = originsOf((main as Input | undefined)?.references ?? [], byName);
  if (!stage.definition.keepsViews || read.length !== views.length) {
    return views.map(() => undefined);
  }
  const masks = Object.values(inputs).filter(([first]) => first?.is === "mask");
  return read.map((origin, view) => {
    const places = masks.map((mask) => mask[view]?.places ?? "a mask");
    return origin && [origin, ...places].join(" seen through ");
  });
}
