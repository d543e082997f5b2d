/** @file Tables of the README: methods by their protocol, and first weights side by side. */
import { loadPipeline } from "../../lib/pipeline/load.ts";
import { PIPELINES } from "../../tools/methods/names.ts";
import { lossesOf, traitsOf } from "../../tools/methods/traits.ts";
import { markdownTable } from "../markdown.ts";
import { signed, spreadOf, standardError } from "../seeds.ts";
import { median } from "../speed/statistics.ts";
import { type ProtocolName, PROTOCOLS } from "./protocols.ts";
import {
  type Accuracies,
  asFiled,
  imagesPerSecond,
  percent,
  type Result,
  type Timed,
} from "./results.ts";

const HEAD = [
  "method",
  "has",
  "losses",
  "epochs",
  "seeds",
  "kNN untrained",
  "kNN trained",
  "linear untrained",
  "linear trained",
  "verdict",
];

/** Its traits, and its losses by name. */
async function madeOf(method: string): Promise<[string, string]> {
  const { pipeline } = await loadPipeline(`${PIPELINES}${method}.yaml`);
  return [
    traitsOf(pipeline).join(", "),
    lossesOf(pipeline).map(({ definition }) => definition.name).join(", "),
  ];
}

/** A method's trainings by one protocol. */
async function row(
  method: string,
  results: readonly Result[],
): Promise<string[]> {
  return [
    method,
    ...await madeOf(method),
    String(results[0]?.epochs),
    String(results.length),
    percent(results, "untrained", "knn"),
    percent(results, "trained", "knn"),
    percent(results, "untrained", "linear"),
    percent(results, "trained", "linear"),
    [...new Set(results.map(({ verdict }) => verdict))].join(", "),
  ];
}

const methodsOf = (results: readonly Result[]): string[] =>
  [...new Set(results.map(({ method }) => method))].sort();

/** All methods that were trained by a protocol, as their files have them. */
async function ofProtocol(
  protocol: ProtocolName,
  results: readonly Result[],
): Promise<string> {
  const own = asFiled(results, protocol);
  const rows = methodsOf(own).map((name) =>
    row(name, own.filter(({ method }) => method === name))
  );
  return markdownTable([HEAD, ...await Promise.all(rows)]);
}

/** Trainings of one method, protocol and seed that differ in their first weights alone. */
interface Pair {
  readonly own: Result;
  readonly other: Result;
}

/** `+1.2 ± 0.4`: mean difference in points and its standard error. */
function gain(pairs: readonly Pair[], score: keyof Accuracies): string {
  const points = pairs.map(({ own, other }) =>
    100 * (other.trained[score] - own.trained[score])
  );
  const spread = spreadOf(points);
  const shown = signed(spread.mean, 1);
  return spread.count > 1
    ? `${shown} ± ${standardError(spread).toFixed(1)}`
    : shown;
}

/** The files' first weights beside others of the same seeds. */
function ofFirstWeights(results: readonly Result[]): string {
  const pairs = results.filter(({ init }) => init).flatMap((other): Pair[] => {
    const own = results.find((one) =>
      !one.init && one.method === other.method && one.seed === other.seed &&
      one.protocol === other.protocol
    );
    return own ? [{ own, other }] : [];
  });
  const groups = Map.groupBy(
    pairs,
    ({ other: { method, protocol, init } }) =>
      [method, protocol, init].join("|"),
  );
  const rows = [...groups].sort(([a], [b]) => a < b ? -1 : 1).map(
    ([key, pairs]) => {
      const [own, other] = [
        pairs.map(({ own }) => own),
        pairs.map(({ other }) => other),
      ];
      return [
        ...key.split("|"),
        String(pairs.length),
        ...(["knn", "linear"] as const).flatMap((score) => [
          percent(own, "trained", score),
          percent(other, "trained", score),
          gain(pairs, score),
        ]),
      ];
    },
  );
  return markdownTable([
    [
      "method",
      "on",
      "first weights",
      "seeds",
      "kNN, the file's",
      "kNN, these",
      "difference",
      "linear, the file's",
      "linear, these",
      "difference",
    ],
    ...rows,
  ]);
}

/** Speed and memory of each method's step. */
function ofSpeed(timed: readonly Timed[]): string {
  const methods = [...new Set(timed.map(({ method }) => method))].sort();
  return markdownTable([
    ["method", "batch", "images/s", "least to most", "n", "MB"],
    ...methods.map((name) => {
      const own = timed.filter(({ method }) => method === name);
      const rates = own.flatMap(({ batch, seconds }) =>
        seconds.map((one) => batch / one)
      );
      return [
        name,
        String(own[0]?.batch),
        imagesPerSecond(own)?.toFixed(0) ?? "",
        `${Math.min(...rates).toFixed(0)} to ${Math.max(...rates).toFixed(0)}`,
        String(rates.length),
        median(own.map(({ megabytes }) => megabytes)).toFixed(0),
      ];
    }),
  ]);
}

/** All tables, each below its heading. */
export async function tables(
  results: readonly Result[],
  timed: readonly Timed[],
): Promise<string> {
  const sections = Object.entries(PROTOCOLS).map(async ([name, { said }]) =>
    `## On ${said}\n\n${await ofProtocol(name as ProtocolName, results)}`
  );
  return [
    ...await Promise.all(sections),
    `## First weights\n\n${ofFirstWeights(results)}`,
    `## Speed and memory\n\n${ofSpeed(timed)}`,
  ].join("\n\n");
}
