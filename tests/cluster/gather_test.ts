/** @file Tasks that come, or do not, before TensorFlow starts. */
import assert from "@std/assert";
import { type Ended, follow } from "../../lib/cluster/follow.ts";
import { type Gathering, Leader } from "../../lib/cluster/lead.ts";
import type { Facts } from "../../lib/cluster/messages.ts";
import { type Place, readPlace } from "../../lib/cluster/place.ts";
import { tryPort } from "../../lib/cluster/port.ts";
import { UserError } from "../../lib/errors.ts";
import { freePorts } from "../helpers/ports.ts";

const FACTS = { same: { Stopgrad: "1" }, pipeline: { batch: 8 } };
const CODES = { lost: 4, refused: 2 };

const placesOf = (count: number): Place[] => {
  const cluster = freePorts(count).map((port) => `127.0.0.1:${port}`).join(",");
  return Array.from({ length: count }, (_, task) => readPlace(cluster, task));
};

/** What both kinds of tasks are told. */
const settings = (place: Place | undefined) => ({
  place: place as Place,
  silence: 60,
  codes: CODES,
  wait: 20,
  say: () => {},
});

const lead = (
  place: Place | undefined,
  more: Partial<Gathering> = {},
): Leader =>
  new Leader({
    ...settings(place),
    facts: FACTS,
    onInterrupt: () => {},
    ...more,
  });

const come = (
  place: Place | undefined,
  facts: Facts = FACTS,
  signal = new AbortController().signal,
): Promise<Ended> =>
  follow({ ...settings(place), facts, signal, serve: () => Promise.resolve() });

Deno.test("tasks that are alike find each other in any order, and end as the first one says", async () => {
  const [first, ...others] = placesOf(3);
  const followers = others.toReversed().map((place) => come(place));
  const leader = lead(first);
  await leader.gather();
  await leader.end(130, "It was interrupted.");
  for (const ended of await Promise.all(followers)) {
    assert.deepEqual(ended, {
      kind: "end",
      code: 130,
      text: "It was interrupted.",
    });
  }
});

Deno.test("a task with another pipeline is told in what it differs, and so are all others", async () => {
  const [first, second, third] = placesOf(3);
  const leader = lead(first);
  const gathering = leader.gather();
  const told = come(second);
  const other = come(third, { ...FACTS, pipeline: { batch: 16 } });
  const error = await gathering.then(() => undefined, (error) => error);
  assert.ok(error instanceof UserError);
  assert.match(error.message, /task 2 \(127.*\n {2}pipeline: batch: 8 -> 16\n/);
  await leader.end(CODES.refused, error.message);
  for (const { code, text } of await Promise.all([told, other])) {
    assert.deepEqual({ code, text }, { code: 2, text: error.message });
  }
});

Deno.test("who does not come is named, with how long was waited", async () => {
  const [first, second] = placesOf(3);
  const leader = lead(first, { wait: 0.5 });
  const present = come(second);
  await assert.rejects(
    leader.gather(),
    /Cannot begin: task 2 \(127\.0\.0\.1:\d+\) did not come within 0\.5 s\.\nStart every task/,
  );
  await leader.end(CODES.refused, "One is missing.");
  assert.equal((await present).text, "One is missing.");
});

Deno.test("a task that does not find the first one says which it is", async () => {
  const [, second] = placesOf(2);
  await assert.rejects(
    follow({
      ...settings(second),
      wait: 0.3,
      facts: FACTS,
      signal: new AbortController().signal,
      serve: () => Promise.resolve(),
    }),
    /Cannot reach task 0 \(127\.0\.0\.1:\d+\) within 0\.3 s/,
  );
});

Deno.test("a stranger and a second process of a task are sent away; the others go on", async () => {
  const [first, second, third] = placesOf(3);
  const leader = lead(first);
  const gathering = leader.gather();
  const present = come(second);
  const twice = come(second);
  // Either may be the first.
  const refused = await Promise.race([present, twice]);
  assert.match(refused.text, /There is no place for a task 1/);
  const { ip, port } = first?.tasks[0] as Place["tasks"][number];
  const stranger = await Deno.connect({ hostname: ip, port });
  await stranger.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
  const answer = await new Response(stranger.readable).text();
  assert.match(answer, /Expected a task of a cluster/);
  const last = come(third);
  await gathering;
  await leader.end(0, "done");
  const codes = (await Promise.all([present, twice, last])).map(({ code }) =>
    code
  );
  assert.deepEqual(codes.toSorted(), [0, 0, 2]);
});

Deno.test("an interrupted task that waits ends at once", async () => {
  const [first, second] = placesOf(2);
  const interrupt = new AbortController();
  const leader = lead(first, { signal: interrupt.signal });
  const gathering = leader.gather();
  interrupt.abort("enough");
  await assert.rejects(gathering, (reason: unknown) => reason === "enough");
  await leader.end(130, "");
  const other = new AbortController();
  const following = come(second, FACTS, other.signal);
  other.abort("enough");
  await assert.rejects(following, (reason: unknown) => reason === "enough");
});

Deno.test("a port in use and an address of another machine are told before anything else", () => {
  const [place] = placesOf(2);
  if (!place) throw new Error("no place");
  const { ip, port } = place.tasks[0] as Place["tasks"][number];
  using _ = Deno.listen({ hostname: ip, port });
  assert.throws(() => tryPort(place), /another program listens there/);
  const elsewhere = readPlace("192.0.2.77:7100,192.0.2.78:7100", 1);
  assert.throws(
    () => tryPort(elsewhere),
    /task 1 .*: this machine does not have that address\.\n.* given --task 1/,
  );
});

Deno.test({
  name:
    "a command that may reach this machine alone names the one that may more",
  permissions: { net: ["127.0.0.1"] },
  fn() {
    const place = readPlace("10.0.0.1:7100,10.0.0.2:7100", 1);
    assert.throws(
      () => tryPort(place),
      /may reach this machine alone\.\n.*: deno task cluster run FILE --cluster/,
    );
  },
});
