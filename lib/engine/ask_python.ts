/** @file A question to python3, which may be anything, or hang. */

const SECONDS = 10;
const MOST_BYTES = 2 ** 16;

/**
 * What a program prints, as far as it does so in time.
 *
 * @returns Undefined where there is no python3, or it gives no answer.
 */
export async function askPython(program: string): Promise<string | undefined> {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command("python3", {
      args: ["-c", program],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
  } catch {
    return undefined;
  }
  const reader = child.stdout.getReader();
  // The end of its output is not waited for: a child of its own may keep it open.
  const timer = setTimeout(() => void end(), 1000 * SECONDS);
  const end = async (): Promise<void> => {
    clearTimeout(timer);
    await reader.cancel().catch(() => {});
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
  };
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || text.length > MOST_BYTES) return text;
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    return undefined;
  } finally {
    await end();
    await child.status;
  }
}
