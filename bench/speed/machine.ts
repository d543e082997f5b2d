/** @file What the benches run on. */
import type { Device } from "../../lib/engine/open.ts";

/** Such as `AMD EPYC, 2 cores, 24 GiB, linux`; on a GPU, after its name. */
export async function machineName(device: Device): Promise<string> {
  const gigabytes = Math.round(Deno.systemMemoryInfo().total / 2 ** 30);
  return [
    ...device === "gpu" ? [await gpuName()] : [],
    await processorName(),
    `${navigator.hardwareConcurrency} cores`,
    `${gigabytes} GiB`,
    Deno.build.os,
  ].join(", ");
}

/** NVIDIA's driver tells, with its version. */
async function gpuName(): Promise<string> {
  const { stdout } = await new Deno.Command("nvidia-smi", {
    args: ["--query-gpu=name,driver_version", "--format=csv,noheader"],
  }).output();
  return new TextDecoder().decode(stdout).trim().replace(",", ", driver");
}

/** Linux tells; elsewhere the architecture must do. */
async function processorName(): Promise<string> {
  const text = await Deno.readTextFile("/proc/cpuinfo").catch(() => "");
  const field = (name: string): string | undefined =>
    text.match(new RegExp(`^${name}\\s*: (.*)$`, "m"))?.[1];
  const name = field("model name");
  if (name === undefined) return Deno.build.arch;
  const [family, model] = [field("cpu family"), field("model")];
  const flags = field("flags")?.split(" ") ?? [];
  const vectors = ["amx_bf16", "avx512_bf16", "avx512f", "avx2"]
    .find((flag) => flags.includes(flag));
  return `${name} (family ${family}, model ${model}${
    vectors ? `, ${vectors}` : ""
  })`;
}
