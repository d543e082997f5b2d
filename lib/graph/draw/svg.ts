/** @file DOT text as SVG. */

/** Draws DOT text with Graphviz, compiled to WebAssembly. */
export async function dotToSvg(dot: string): Promise<string> {
  // Loaded on demand: it is larger than all the rest of a command.
  const { instance } = await import("@viz-js/viz");
  return (await instance()).renderString(dot, { format: "svg" });
}
