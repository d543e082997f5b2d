/** @file Runs as a process: two workers that open the engine, one after the other. */
const found: number[] = [];
for (let i = 0; i < 2; i++) {
  const worker = new Worker(new URL("opening.ts", import.meta.url), {
    type: "module",
  });
  found.push(
    await new Promise<number>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data as number);
      worker.onerror = ({ message }) => reject(new Error(message));
    }),
  );
  worker.terminate();
  // The first worker's libraries are let go while it ends.
  await new Promise((resolve) => setTimeout(resolve, 300));
}
console.log(found.join(" "));
