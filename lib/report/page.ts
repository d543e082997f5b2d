/** @file A report as one HTML page that needs no other file, no script and no network. */
import { protocolLines } from "../evaluate/protocols.ts";
import type { Score } from "../evaluate/scores.ts";
import { label } from "../look/draw/ticks.ts";
import { toSvgText } from "../look/draw/shape.ts";
import { escaped } from "../markup.ts";
import type { RunSummary } from "../look/list_runs.ts";
import { verdictText } from "../monitor/verdict.ts";
import { SHEET_STYLE } from "../similar/sheet.ts";
import type { Encoded } from "./encoded.ts";
import type { Figure } from "./figures.ts";
import type { ReadRun } from "./read.ts";

/** A run with all that is shown of it. */
export interface ReportedRun {
  readonly read: ReadRun;
  /** Its stage graph as SVG text; absent where it cannot be drawn. */
  readonly graph?: string;
  readonly curves: readonly Figure[];
  readonly spectrum?: Figure;
  readonly encoded?: Encoded;
  /** Why there are no scores beside baselines and no neighbours. */
  readonly notEncoded?: string;
}

/** A whole report. */
export interface ReportPage {
  readonly runs: readonly ReportedRun[];
  /** Settings in which several runs differ, by path. */
  readonly differences: Readonly<Record<string, readonly string[]>>;
  /** Curves of several runs over each other. */
  readonly compared: readonly Figure[];
  /** When it was made. */
  readonly date: Date;
}

const STYLE = `:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;padding:1.5em;max-width:1120px;background:#fff;color:#222}
h1{font-size:1.6em}h2{margin-top:2em;border-bottom:2px solid #8886}h3{margin-top:1.6em}
table{border-collapse:collapse;margin:.8em 0;display:block;overflow-x:auto}
th,td{padding:.25em .8em;border-bottom:1px solid #8884;text-align:left;vertical-align:top}
td.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,480px),1fr));gap:1em 1.5em}
figure.drawn{margin:0;break-inside:avoid}figure.drawn svg{width:100%;height:auto}
figure.drawn figcaption,.about{font-size:.87em;color:#666}
.graph{max-width:100%;max-height:900px;background:#fff;border:1px solid #8884;padding:6px;box-sizing:border-box}
pre{background:#8881;padding:1em;overflow-x:auto;font-size:.85em;white-space:pre-wrap;overflow-wrap:anywhere}
.verdict{font-weight:bold}.fault{color:#b3261e}.well{color:#0f6b4c}.unsure{color:#8a5a00}
${SHEET_STYLE}
@media screen and (prefers-color-scheme:dark){body{background:#16181c;color:#e4e4e4}
figure.drawn figcaption,.about{color:#a0a0a0}.fault{color:#ff8a80}.well{color:#6fd3ab}.unsure{color:#e8b95a}
.figure .axis{fill:#b0b0b0}.figure .title{fill:#eee}.figure .axis-line{stroke:#b0b0b0}.row img{background:#333}}
@media print{:root{color-scheme:light}body{max-width:none;padding:0;font-size:11pt}
h2{break-before:page}h2.first{break-before:auto}h1,h2,h3,h4,h3+p,thead{break-after:avoid}
h1,h2,h3,h4,p,li,tr,.row,.graph{break-inside:avoid}
table{display:table;width:100%;font-size:.85em}th,td{padding:.2em .4em;overflow-wrap:anywhere}
td.number,th[scope=col]{overflow-wrap:normal;white-space:normal}
.figures{grid-template-columns:1fr 1fr}.graph{display:block;max-height:14cm;break-after:avoid}pre{padding:.6em;box-decoration-break:clone}
.row{flex-wrap:nowrap;gap:8px;padding:10px 6px}.row figure{flex:0 1 112px;min-width:0}.row img{width:100%;height:auto}}`;

const percent = (value: number | null | undefined): string =>
  value === null || value === undefined ? "–" : `${(100 * value).toFixed(1)} %`;

const number = (value: number | null | undefined): string =>
  value === null || value === undefined ? "–" : label(value);

/** Markup that is ready; all other text is escaped. */
interface Markup {
  readonly html: string;
}

const isMarkup = (cell: string | Markup): cell is Markup =>
  typeof cell !== "string";

const markup = (cell: string | Markup): string =>
  isMarkup(cell) ? cell.html : escaped(cell);

/** A table; the first column names its rows, the others may be numbers. */
function table(
  head: readonly string[],
  rows: readonly (readonly (string | Markup)[])[],
): string {
  const cell = (one: string | Markup, i: number): string => {
    if (i === 0) return `<th scope="row">${markup(one)}</th>`;
    const isNumber = !isMarkup(one) && /^[–\d-]/.test(one);
    return `<td${isNumber ? ' class="number"' : ""}>${markup(one)}</td>`;
  };
  return `<table><thead><tr>${
    head.map((one) => `<th scope="col">${escaped(one)}</th>`).join("")
  }</tr></thead><tbody>${
    rows.map((row) => `<tr>${row.map(cell).join("")}</tr>`).join("\n")
  }</tbody></table>`;
}

const paragraph = (text: string, kind = ""): string =>
  `<p${kind ? ` class="${kind}"` : ""}>${escaped(text)}</p>`;

const list = (items: readonly string[]): string =>
  items.length === 0
    ? ""
    : `<ul>${items.map((one) => `<li>${escaped(one)}</li>`).join("")}</ul>`;

const figure = ({ drawn, about }: Figure): string =>
  `<figure class="drawn">${toSvgText(drawn)}${
    about ? `<figcaption>${escaped(about)}</figcaption>` : ""
  }</figure>`;

const KINDS: Readonly<Record<string, string>> = {
  healthy: "well",
  too_short: "unsure",
  not_watched: "unsure",
  falling: "unsure",
  "not ended": "unsure",
};

/** A verdict that is seen by its colour, too. */
const verdict = (summary: RunSummary | undefined): Markup => {
  const word = summary?.verdict ?? "not ended";
  const kind = Object.hasOwn(KINDS, word) ? KINDS[word] : "fault";
  return {
    html: `<span class="verdict ${kind}">${escaped(verdictText(word))}</span>`,
  };
};

function overview(runs: readonly ReportedRun[]): string {
  const classified = runs.some(({ read }) =>
    read.summary?.accuracy !== undefined
  );
  return table(
    [
      "run",
      "verdict",
      "steps",
      "epochs",
      "loss",
      "kNN",
      "linear probe",
      ...(classified ? ["accuracy"] : []),
      "images/s",
    ],
    runs.map(({ read: { name, summary, columns } }) => [
      name,
      verdict(summary),
      number(summary?.steps ?? columns.lastStep),
      summary ? summary.epochs.toFixed(1) : "–",
      number(summary?.loss),
      percent(summary?.knn),
      percent(summary?.linear),
      ...(classified ? [percent(summary?.accuracy)] : []),
      number(summary?.images_per_second),
    ]),
  );
}

const scored = (score: Score | undefined): string => {
  if (!score) return "–";
  const [low, high] = score.interval.map((one) => (100 * one).toFixed(1));
  return `${percent(score.accuracy)} (${low}–${high})`;
};

function scores({ scores, weights }: Encoded): string {
  if (!scores) return "";
  const { features, majority, images } = scores;
  const [first] = features;
  return [
    paragraph(
      `Weights: ${weights}. ${images.train} images to learn from, ${images.test} to test with, ${images.classes.length} classes: chance is ${
        percent(1 / images.classes.length)
      }. In brackets: 95 % of what other test images would give (bootstrap).`,
    ),
    table(
      ["", ...features.map(({ name, width }) => `${name}, ${width} numbers`)],
      [
        ...(first?.scores ?? []).map(({ key, name }) => [
          name,
          ...features.map(({ scores }) =>
            scored(scores.find((one) => one.key === key))
          ),
        ]),
        [majority.name, scored(majority), ...features.slice(1).map(() => "")],
      ],
    ),
    "<h4>Protocols</h4>",
    list(protocolLines(first?.scores ?? [])),
    list(images.notes),
  ].join("\n");
}

function whatHappened({ read: { summary, method } }: ReportedRun): string {
  const judge = method?.judge;
  const falls = summary?.falls ?? judge?.falls ?? [];
  const alarms = summary?.alarms ?? judge?.alarms ?? [];
  const told = [...falls, ...alarms].sort((a, b) => a.step - b.step);
  return [
    `<p>Verdict: ${verdict(summary).html}${
      summary?.verdict === "too_short" && summary.judged_from !== undefined
        ? escaped(
          `: nothing was found, but a fault may need ${summary.judged_from} steps to show`,
        )
        : ""
    }</p>`,
    list(told.map(({ step, message }) => `step ${step}, ${message}`)),
    ...(alarms[0] && alarms[0].cures.length > 0
      ? [paragraph("What to try:"), list(alarms[0].cures)]
      : []),
    ...(summary?.note
      ? [
        paragraph(
          (summary.knn ?? summary.linear ?? summary.accuracy ?? null) === null
            ? `Its encoder was not judged at the end of the run: ${summary.note}.`
            : `Of its scores at the end of the run: ${summary.note}.`,
        ),
      ]
      : []),
  ].join("\n");
}

/** What the run itself found of its encoder. */
function ownScores({ summary }: ReadRun, why: string | undefined): string {
  const pair = (one: Pick<RunSummary, "knn" | "linear"> | undefined) => [
    percent(one?.knn),
    percent(one?.linear),
  ];
  const { last_healthy: healthy, compared } = summary ?? {};
  return [
    paragraph(
      `As the run judged itself at its end${why ? `; ${why}` : ""}.`,
      "about",
    ),
    ...(summary?.accuracy === undefined ? [] : [paragraph(
      `Accuracy of its classifier on the images to test with: ${
        percent(summary.accuracy)
      }.`,
    )]),
    table(["", "kNN", "linear probe"], [
      ["encoder", ...pair(summary)],
      ...(healthy
        ? [[`encoder at step ${healthy.step}, still healthy`, ...pair(healthy)]]
        : []),
      ...(compared?.watched
        ? [[
          `"${compared.watched.stage}" in its place`,
          ...pair(compared.watched),
        ]]
        : []),
      ...(compared
        ? [
          ["encoder before it was trained", ...pair(compared.untrained)],
          ["chance", percent(compared.chance), percent(compared.chance)],
        ]
        : []),
    ]),
  ].join("\n");
}

/** An image cannot run what stands in it, whatever a stage is called. */
const graphImage = (svg: string, name: string): string =>
  `<img class="graph" alt="${
    escaped(`The stage graph of ${name}`)
  }" src="data:image/svg+xml;base64,${
    new TextEncoder().encode(svg).toBase64()
  }">`;

function oneRun(run: ReportedRun, first: boolean): string {
  const { read, graph, curves, spectrum, encoded, notEncoded } = run;
  const { summary } = read;
  return [
    `<h2${first ? ' class="first"' : ""}>${escaped(read.name)}</h2>`,
    whatHappened(run),
    list(read.notes),
    ...(graph
      ? [
        "<h3>Method</h3>",
        graphImage(graph, read.name),
        paragraph(
          "Thick arrows: values, and gradients back. Arrows that end in a bar: no gradient passes. Dashed: weights that follow others.",
          "about",
        ),
      ]
      : []),
    "<h3>Scores</h3>",
    ...(encoded?.scores ? [scores(encoded)] : []),
    ...(!encoded?.scores || summary?.compared
      ? [ownScores(read, notEncoded)]
      : []),
    list(encoded?.notes ?? []),
    ...(curves.length > 0
      ? [
        "<h3>Curves</h3>",
        paragraph(
          "Dashed lines: thresholds of the monitors. Marks: where a figure fell or a fault was found.",
          "about",
        ),
        `<div class="figures">${curves.map(figure).join("\n")}</div>`,
      ]
      : []),
    ...(spectrum
      ? [
        "<h3>Spectrum</h3>",
        `<div class="figures">${figure(spectrum)}</div>`,
      ]
      : []),
    ...(encoded
      ? [
        "<h3>Nearest images</h3>",
        paragraph(
          `The first of each row, and those of ${encoded.images} that are the most like it by the encoder (cosine).`,
          "about",
        ),
        encoded.neighbours,
      ]
      : []),
    ...(read.pipeline
      ? [
        "<h3>Pipeline</h3>",
        `<pre>${escaped(read.pipeline)}</pre>`,
      ]
      : []),
  ].join("\n");
}

function comparison({ runs, differences, compared }: ReportPage): string {
  if (runs.length < 2) return "";
  const rows = Object.entries(differences);
  return [
    '<h2 class="first">Comparison</h2>',
    rows.length > 0
      ? table(
        ["setting", ...runs.map(({ read }) => read.name)],
        rows.map(
          ([path, values]) => [path, ...values],
        ),
      )
      : paragraph("The pipelines are the same."),
    `<div class="figures">${compared.map(figure).join("\n")}</div>`,
  ].join("\n");
}

/** The page. */
export function reportHtml(page: ReportPage): string {
  const { runs, date } = page;
  const [first] = runs;
  const title = runs.length === 1 && first
    ? `Report: ${first.read.name}`
    : `Report: ${runs.length} runs`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
<h1>${escaped(title)}</h1>
<p class="about">Made by Stopgrad on ${date.toISOString().slice(0, 10)}.</p>
${overview(runs)}
${comparison(page)}
${runs.map((run, i) => oneRun(run, i === 0 && runs.length === 1)).join("\n")}
</html>
`;
}
