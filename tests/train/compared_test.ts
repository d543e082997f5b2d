/** @file What the scores of a run that went wrong mean. */
import assert from "@std/assert";
import { verdictOnEncoder } from "../../lib/train/compared.ts";

const knn = (value: number) => ({ knn: value, linear: null });

Deno.test("A collapsed projector on a useful encoder is told from an encoder that learnt nothing, or lost what it had", () => {
  const said = (encoder: number, projector: number, untrained: number) =>
    verdictOnEncoder(knn(encoder), {
      watched: { stage: "z", ...knn(projector) },
      untrained: knn(untrained),
      chance: 0.1,
    }) ?? "";
  assert.match(said(0.6, 0.1, 0.4), /^"z" is lost, its encoder is not/);
  assert.match(said(0.42, 0.4, 0.4), /^the encoder is not clearly better/);
  assert.match(said(0.1, 0.1, 0.4), /^the encoder is worse/);
  assert.equal(said(0.6, 0.58, 0.4), "");
});

Deno.test("Where nothing was judged nothing is said", () => {
  const none = { knn: null, linear: null };
  assert.equal(
    verdictOnEncoder(none, { untrained: none, chance: 0 }),
    undefined,
  );
});
