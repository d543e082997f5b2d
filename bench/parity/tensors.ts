/** @file Named tensors in a folder: one `.npy` file each. */
import { dirname, join, relative, sep } from "node:path";
import type { TensorData } from "../../lib/ir/dtype.ts";
import { decodeNpy, encodeNpy } from "../npy.ts";

/** Tensors by path, such as `y/stem/conv/kernel`. */
export type NamedTensors = Readonly<Record<string, TensorData>>;

/** Writes `folder/<name>.npy` for every tensor. */
export async function writeTensors(
  folder: string,
  tensors: NamedTensors,
): Promise<void> {
  for (const [name, tensor] of Object.entries(tensors)) {
    const file = join(folder, `${name}.npy`);
    await Deno.mkdir(dirname(file), { recursive: true });
    await Deno.writeFile(file, encodeNpy(tensor));
  }
}

/** Reads what {@linkcode writeTensors}, or the reference, wrote. */
export async function readTensors(folder: string): Promise<NamedTensors> {
  const tensors: Record<string, TensorData> = {};
  const visit = async (inner: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(inner)) {
      const path = join(inner, name);
      if (isDirectory) {
        await visit(path);
      } else if (name.endsWith(".npy")) {
        const key = relative(folder, path).slice(0, -".npy".length);
        tensors[key.split(sep).join("/")] = decodeNpy(
          await Deno.readFile(path),
        );
      }
    }
  };
  await visit(folder);
  return tensors;
}
