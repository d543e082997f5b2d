/** @file A Python with PyTorch. */
import { pythonWith } from "../python.ts";

/**
 * Interpreter of a virtual environment with the pinned packages; set up when
 * it is missing.
 *
 * @throws {UserError} When `python3` or the packages cannot be had.
 */
export function pythonWithTorch(): Promise<string> {
  return pythonWith({
    name: "parity",
    requirements: new URL("requirements.txt", import.meta.url),
  });
}
