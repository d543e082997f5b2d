/** @file Pages of the studio that are left while they wait for an answer. */
/// <reference lib="dom" />
import assert from "@std/assert";
import type { Page, Route } from "playwright-core";

/** A page, a question of it, and what makes it ask, where it does not by itself. */
export interface Leaving {
  readonly hash: string;
  readonly asks: string;
  /** 2 where the question is asked again, when there are news. */
  readonly time?: number;
  readonly act?: (page: Page) => Promise<void>;
}

/** What every page asks. `id` is of a run, `sweep` of a sweep, both encoded. */
export function leavings(id: string, sweep: string, file: string): Leaving[] {
  const all = (hash: string, ...questions: string[]): Leaving[] =>
    questions.map((asks) => ({ hash, asks }));
  const embeddings = `run/${id}/embeddings`;
  return [
    ...all("runs", "runs", "runs/events"),
    ...all(`run/${id}`, "run", "run/series", "run/events"),
    ...all(`run/${id}/graph`, "run/graph", "run/events"),
    {
      hash: `run/${id}/graph`,
      asks: "run/stages",
      act: (page) => page.getByRole("button", { name: /^Measure/ }).click(),
    },
    ...all(`run/${id}/spectrum`, "run/spectra"),
    ...all(
      embeddings,
      "run",
      "run/graph",
      "embedding",
      "embedding/events",
      "embedding/groups",
      "embedding/points",
    ),
    {
      hash: embeddings,
      asks: "embedding/nearest",
      act: async (page) => {
        await page.getByText(/\d+ embeddings of/).waitFor();
        await page.getByRole("button", { name: "Show", exact: true }).click();
      },
    },
    {
      hash: embeddings,
      asks: "embedding",
      time: 2,
      act: async (page) => {
        await page.getByLabel("at most").selectOption("1000");
      },
    },
    ...all(`run/${id}/views`, "views"),
    ...all(`run/${id}/pipeline`, "run/pipeline"),
    ...all(`compare/${id}%2C${id}`, "run", "run/series"),
    ...all("sweeps", "sweeps"),
    ...all(`sweep/${sweep}`, "sweep"),
    { hash: `sweep/${sweep}`, asks: "sweep", time: 2 },
    ...all(
      `editor/${file}`,
      "editor/files",
      "editor/schema",
      "editor/file",
      "editor/check",
      "editor/plan",
      "jobs/events",
    ),
  ];
}

/** Leaves a page while its question is not answered, by `leave`, which tells what is shown then. */
export async function leaveWhileAsking(
  page: Page,
  { hash, asks, time = 1, act }: Leaving,
  base: string,
  leave: () => Promise<void>,
): Promise<void> {
  const held = Promise.withResolvers<Route>();
  let times = 0;
  const hold = async (route: Route): Promise<void> => {
    if (++times === time) held.resolve(route);
    else await route.continue().catch(() => {});
  };
  const question = ({ pathname }: URL): boolean => pathname === `/api/${asks}`;
  await page.route(question, hold);
  try {
    await page.goto(`${base}#/${hash}`);
    await act?.(page);
    const timeout = setTimeout(
      () => held.reject(new Error(`${hash} does not ask ${asks}`)),
      30_000,
    );
    const route = await held.promise.finally(() => clearTimeout(timeout));
    // What else it asks is answered meanwhile.
    await page.waitForTimeout(60);
    await leave();
    // It may have been given up already.
    await route.continue().catch(() => {});
  } finally {
    await page.unroute(question, hold);
  }
}

/** Leaves by the menu: what is shown then stays. */
export async function leaveByMenu(page: Page, base: string): Promise<void> {
  await page.goto(`${base}#/compare`);
  await page.getByRole("heading", { name: "Compare", exact: true }).waitFor();
}

/** Fails if something else is shown than where the page was left to. */
export async function assertLeft(page: Page, what: string): Promise<void> {
  // What the page left behind has its turn.
  await page.evaluate(
    "new Promise((done) => setTimeout(() => requestAnimationFrame(done), 30))",
  );
  assert.equal(await page.locator("h1").innerText(), "Compare", what);
}
