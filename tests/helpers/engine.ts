/** @file The engine, opened once a test module, outside of any single test. */
import { type Engine, openEngine } from "../../lib/engine/open.ts";

// At module level: a library that a test opened, and that can never be
// closed, would count as its leak.
export const engine: Engine = await openEngine({ device: "cpu" });
