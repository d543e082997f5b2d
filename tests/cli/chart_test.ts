/** @file The ticks of a terminal's chart say where they stand. */
import { match } from "@std/assert";
import { chart } from "../../lib/cli/chart.ts";

const over = (end: number): string =>
  chart(Array.from({ length: 61 }, (_, i) => [end * i / 60, 60 - i] as const));

Deno.test("The middle of three epochs is 1.5, not 2", () => {
  match(over(3), /\b0 +1\.5 +3$/);
});

Deno.test("A long run has whole numbers below it", () => {
  match(over(801), /\b0 +401 +801$/);
});
