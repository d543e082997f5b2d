/** @file The encoder of a run judged: while it trains, at its end, and where it was stopped. */
import type { LoadedData } from "../data/source.ts";
import { evaluate, NO_SCORES, type Scores } from "../evaluate/evaluate.ts";
import { isJudged } from "../model/probe.ts";
import { judgeable } from "../evaluate/judgeable.ts";
import { type Compared, untrainedScores, watchedScores } from "./compared.ts";
import { RUN_FILES, type RunFolder } from "./run_folder.ts";
import type { TrainingSession } from "./session.ts";
import type { StepsRun } from "./steps.ts";
import type { LastHealthy } from "./summary.ts";

/** Steps between two judgements of a run that is judged while it trains. */
export function judgedSteps(
  { pipeline: { evaluate: { every } }, length }: TrainingSession,
): number | undefined {
  return every === undefined
    ? undefined
    : Math.max(1, Math.round(every * length.stepsPerEpoch));
}

/** Judges a run's encoder by labelled images. */
export class Judging {
  /** Steps between two judgements; absent where there is one at the end alone. */
  readonly every: number | undefined;
  /** Why there can be none while it trains, although they were asked for. */
  readonly impossible: string | undefined;
  #last: { readonly step: number; readonly scores: Scores } | undefined;

  constructor(
    readonly session: TrainingSession,
    readonly data: LoadedData,
  ) {
    const every = judgedSteps(session);
    const { possible, notes } = judgeable(data.train, data.test);
    this.every = possible ? every : undefined;
    if (every !== undefined && !possible) this.impossible = notes.join("; ");
  }

  /** Scores of the weights as they are now. */
  async now(signal?: AbortSignal): Promise<Scores> {
    const { session, data } = this;
    if (this.#last?.step === session.done) return this.#last.scores;
    const scores = await evaluate(session, data, session.pipeline.evaluate, {
      signal,
    });
    this.#last = { step: session.done, scores };
    return scores;
  }

  /** Scores of the step that was just done, if they are due. */
  async due(): Promise<Scores | undefined> {
    const { every } = this;
    return every !== undefined && this.session.isWhole(every)
      ? await this.now()
      : undefined;
  }

  /**
   * Scores of a run's end, if the signal does not come first; of one that was
   * stopped, those of its last healthy checkpoint, too; and of one that went
   * wrong, what its scores are to be seen beside. The session is not
   * there to be trained on after it.
   */
  async end(
    { end }: StepsRun,
    folder: RunFolder,
    signal: AbortSignal | undefined,
    wentWrong: boolean,
  ): Promise<{
    readonly end: StepsRun["end"];
    readonly scores: Scores;
    readonly healthy?: LastHealthy;
    readonly compared?: Compared;
  }> {
    if (end === "interrupted") return interrupted;
    try {
      const scores = await this.now(signal);
      const hasScores = scores.knn !== null || scores.linear !== null;
      const watched = wentWrong && hasScores
        ? await watchedScores(this.session, this.data, signal)
        : undefined;
      const healthy = end === "finished"
        ? undefined
        : await this.#healthy(folder, signal);
      const compared = wentWrong && hasScores
        ? {
          ...(watched ? { watched } : {}),
          ...await untrainedScores(this.session, this.data, signal),
        }
        : undefined;
      return {
        end,
        scores,
        ...(healthy ? { healthy } : {}),
        ...(compared ? { compared } : {}),
      };
    } catch (error) {
      if (!signal?.aborted || error !== signal.reason) throw error;
      // A run that was stopped stays so, whether it was judged or not.
      return end === "finished"
        ? interrupted
        : { end, scores: { ...NO_SCORES, note: "judging was interrupted" } };
    }
  }

  async #healthy(
    { checkpoints }: RunFolder,
    signal: AbortSignal | undefined,
  ): Promise<LastHealthy | undefined> {
    if (!isJudged(this.session.pipeline.evaluate)) return undefined;
    const { entry, values } = await checkpoints.newest((entries) =>
      entries.filter(({ healthy }) => healthy)
    );
    if (!entry || !values) return undefined;
    await this.session.restore(values);
    const { protocol: _, ...scores } = await this.now(signal);
    return {
      checkpoint: `${RUN_FILES.checkpoints}/${entry.file}`,
      step: entry.step,
      ...scores,
    };
  }
}

const interrupted = {
  end: "interrupted",
  scores: { ...NO_SCORES, note: "the run was interrupted" },
} as const;
