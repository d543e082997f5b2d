/** @file The spectrum of a run's embeddings over its steps: a dimensional collapse is seen in it. */
/// <reference lib="dom" />
import type { Curve } from "../../look/draw/chart.ts";
import { get } from "./api.ts";
import { ChartPanel, type Drawing, Zoom } from "./chart_panel.ts";
import { figure, fill, h } from "./dom.ts";
import { legend } from "./run_curves.ts";
import { runHead } from "./run_head.ts";
import type { Run } from "./types.ts";

/** Eigenvalues of the covariance at a step, the largest first. */
interface Spectrum {
  readonly step: number;
  readonly covariance: readonly number[];
}

const curve = (
  name: string,
  colour: number,
  points: readonly (readonly [number, number])[],
): Curve => ({
  name,
  colour,
  points: {
    x: points.map(([x]) => x),
    least: points.map(([, y]) => y),
    largest: points.map(([, y]) => y),
    lost: [],
  },
});

const sum = (values: readonly number[]): number =>
  values.reduce((a, b) => a + b, 0);

/** How many of the largest eigenvalues hold a share of their sum. */
function directions(values: readonly number[], share: number): number {
  const all = sum(values);
  let part = 0;
  const found = values.findIndex((value) => (part += value) >= share * all);
  return all > 0 ? found + 1 : 0;
}

/** exp(entropy) of the eigenvalues' shares (Roy and Vetterli 2007). */
function effectiveRank(values: readonly number[]): number {
  const all = sum(values) || 1;
  return Math.exp(
    -sum(values.map((value) => {
      const p = value / all;
      return p > 0 ? p * Math.log(p) : 0;
    })),
  );
}

/** Shares below this are rounding of float32. */
const LEAST = 1e-9;

/** A panel of points that are at hand. */
function still(
  title: string,
  summary: string,
  names: readonly string[],
  drawing: () => Drawing,
  signal: AbortSignal,
): ChartPanel {
  const head = h(
    "header",
    {},
    h("h3", {}, title),
    h("p", { class: "quiet" }, summary),
    names.length > 1 && legend(names.map((name, i) => [name, i])),
  );
  const source = { load: () => Promise.resolve(), drawing };
  return new ChartPanel(source, new Zoom(), signal, head);
}

/** Shows the spectrum. */
export async function spectrumPage(
  main: HTMLElement,
  id: string,
  signal: AbortSignal,
): Promise<void> {
  const [run, spectra] = await Promise.all([
    get<Run>("run", { id }, signal),
    get<Spectrum[]>("run/spectra", { id }, signal),
  ]);
  if (spectra.length === 0) {
    fill(
      main,
      runHead(run, "spectrum"),
      h(
        "p",
        {},
        "No spectrum was logged: the run has not come to its first, does not watch its embeddings, or is of an older version.",
      ),
    );
    return;
  }
  let at = spectra.length - 1;
  const NAMES = ["90 % of the variance", "99 %", "effective rank"];
  const over = still(
    "directions",
    "Directions that hold the embeddings' variance: few are a dimensional collapse",
    NAMES,
    () => ({
      title: "Directions of the embeddings",
      xName: "step",
      curves: [
        curve(
          NAMES[0] as string,
          0,
          spectra.map((
            { step, covariance },
          ) => [step, directions(covariance, 0.9)]),
        ),
        curve(
          NAMES[1] as string,
          1,
          spectra.map((
            { step, covariance },
          ) => [step, directions(covariance, 0.99)]),
        ),
        curve(
          NAMES[2] as string,
          2,
          spectra.map((
            { step, covariance },
          ) => [step, effectiveRank(covariance)]),
        ),
      ],
      marks: [{
        x: (spectra[at] as Spectrum).step,
        name: "the step that is shown beside",
      }],
    }),
    signal,
  );
  const shares = ({ covariance }: Spectrum): [number, number][] => {
    const all = sum(covariance) || 1;
    return covariance.map((value, i) => [i + 1, Math.max(LEAST, value / all)]);
  };
  const spectrum = still(
    "spectrum",
    "Share of the variance that each direction holds, the largest first",
    ["at the chosen step", "at first"],
    () => ({
      title: "Spectrum of the covariance",
      xName: "direction",
      log: true,
      curves: [
        curve(
          `step ${(spectra[at] as Spectrum).step}`,
          0,
          shares(spectra[at] as Spectrum),
        ),
        curve(
          `step ${(spectra[0] as Spectrum).step}`,
          1,
          shares(spectra[0] as Spectrum),
        ),
      ],
    }),
    signal,
  );
  const told = h("output", { class: "quiet" });
  const tell = (): void => {
    const { step, covariance } = spectra[at] as Spectrum;
    told.textContent = `step ${step}: 90 % of the variance in ${
      directions(covariance, 0.9)
    } of ${covariance.length} directions, effective rank ${
      figure(effectiveRank(covariance), 3)
    }`;
    over.draw();
    spectrum.draw();
  };
  fill(
    main,
    runHead(run, "spectrum"),
    h(
      "div",
      { class: "controls" },
      h(
        "label",
        {},
        "Step ",
        h("input", {
          type: "range",
          min: 0,
          max: spectra.length - 1,
          value: at,
          "aria-label": "Step whose spectrum is shown",
          input: (event: Event) => {
            at = Number((event.target as HTMLInputElement).value);
            tell();
          },
        }),
      ),
      told,
    ),
    h("div", { class: "charts" }, over.element, spectrum.element),
  );
  tell();
}
