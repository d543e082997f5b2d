/**
 * @file The worker that ends the process where a module never ends its import.
 * Whoever started it ends it before, where the import comes to an end.
 */
import { endProcess } from "../end_process.ts";

/** What is said, when, and the exit code of the process then. */
interface Order {
  readonly seconds: number;
  readonly text: string;
  readonly code: number;
}

(self as unknown as { onmessage: (event: MessageEvent<Order>) => void })
  .onmessage = ({ data }: MessageEvent<Order>): void => {
    const { seconds, text, code } = data;
    setTimeout(() => {
      console.error(text);
      endProcess(code);
    }, 1000 * seconds);
  };
