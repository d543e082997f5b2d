// Runs exported ONNX models in onnxruntime-web and graph models in TensorFlow.js,
// both in Chromium: `deno run -A browser.mjs FOLDER`. Prints lines of JSON.
import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import process from "node:process";

// Packages of the environment that this file is copied to, and not of Stopgrad.
const [CHROMIUM, PLAYWRIGHT] = ["@sparticuz/chromium", "playwright-core"];
const { default: chromium } = await import(CHROMIUM);
const { chromium: playwright } = await import(PLAYWRIGHT);

const [folder] = process.argv.slice(2);
const modules = join(import.meta.dirname, "node_modules");

const TYPES = {
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
  ".json": "application/json",
};

/** `/node_modules/...` are the packages, all else is what was exported. */
const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, "http://localhost");
  if (pathname === "/") {
    response.setHeader("Content-Type", "text/html");
    response.end("<!doctype html><title>interop</title>");
    return;
  }
  const inside = pathname.startsWith("/node_modules/")
    ? join(modules, pathname.slice("/node_modules/".length))
    : join(folder, pathname);
  try {
    const bytes = await readFile(inside);
    const type = TYPES[extname(inside)] ?? "application/octet-stream";
    response.setHeader("Content-Type", type);
    response.end(bytes);
  } catch {
    response.statusCode = 404;
    response.end();
  }
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const address = `http://127.0.0.1:${server.address().port}`;

const browser = await playwright.launch({
  args: chromium.args,
  executablePath: await chromium.executablePath(),
  headless: true,
});
const page = await browser.newPage();
await page.goto(address);
await page.addScriptTag({
  url: "/node_modules/onnxruntime-web/dist/ort.wasm.min.js",
});
await page.addScriptTag({
  url: "/node_modules/@tensorflow/tfjs/dist/tf.min.js",
});

/** Runs in the page: a set of images through both runtimes. */
async function differences({ network, set }) {
  const { ort, tf } = globalThis;
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = "/node_modules/onnxruntime-web/dist/";
  const buffer = await (await fetch(`/${network}/${set}`)).arrayBuffer();
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const header = JSON.parse(
    new TextDecoder().decode(new Uint8Array(buffer, 8, length)),
  );
  const read = (name) => {
    const [from, to] = header[name].data_offsets;
    return buffer.slice(8 + length + from, 8 + length + to);
  };
  const pixels = new Uint8Array(read("images"));
  const { shape } = header.images;
  const expected = new Float32Array(read("features"));
  const most = (found) =>
    expected.reduce(
      (top, value, i) => Math.max(top, Math.abs(value - found[i])),
      0,
    );
  const session = await ort.InferenceSession.create(
    `/${network}/onnx/encoder.onnx`,
  );
  const images = new ort.Tensor("uint8", pixels, shape);
  const { features } = await session.run({ images });
  const results = { "onnxruntime-web": most(features.data) };
  await tf.ready();
  const model = await tf.loadGraphModel(`/${network}/tfjs/model.json`);
  const fed = tf.tensor(Int32Array.from(pixels), shape, "int32");
  const output = model.execute({ images: fed });
  results[`TensorFlow.js, ${tf.getBackend()}`] = most(await output.data());
  tf.dispose([fed, output]);
  model.dispose();
  const largest = expected.reduce(
    (top, value) => Math.max(top, Math.abs(value)),
    0,
  );
  return Object.entries(results).map(([runtime, difference]) => ({
    network,
    images: set.slice(4, -".safetensors".length),
    runtime: `${runtime}, in Chromium`,
    difference,
    largest,
  }));
}

try {
  for (const network of (await readdir(folder)).sort()) {
    const sets = (await readdir(join(folder, network)))
      .filter((name) => name.startsWith("set-")).sort();
    for (const set of sets) {
      const lines = await page.evaluate(differences, { network, set });
      for (const line of lines) console.log(JSON.stringify(line));
    }
  }
} finally {
  await browser.close();
  server.close();
}
