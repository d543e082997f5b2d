import assert from "@std/assert";
import { FAULTS } from "../../lib/monitor/policy.ts";
import { SIGNALS } from "../../lib/monitor/signals.ts";
import { VERDICTS } from "../../lib/monitor/verdicts.ts";

const PAGE = await Deno.readTextFile(
  new URL("../../docs/monitors.md", import.meta.url),
);

/** The page without line breaks and the signs of tables and code. */
const TEXT = PAGE.replace(/[`|\\\s]+/g, " ");

const holds = (what: string): void => {
  const plain = what.replace(/[`|\\\s]+/g, " ").trim();
  assert.ok(TEXT.includes(plain), `docs/monitors.md lacks "${plain}"`);
};

for (const { name, formula, reference } of SIGNALS) {
  Deno.test(`The page of monitors gives the formula of ${name} and its source`, () => {
    assert.ok(PAGE.includes(`\`${name}\``), name);
    holds(formula);
    const address = /https:\S+?(?=[,;)\s]|$)/.exec(reference)?.[0];
    if (address) holds(address);
  });
}

for (const fault of FAULTS) {
  Deno.test(`The page of monitors gives the rule of ${fault} and its cures`, () => {
    assert.ok(PAGE.includes(`\`${fault}\``), fault);
    holds(VERDICTS[fault].summary);
    for (const cure of VERDICTS[fault].cures) holds(cure);
  });
}
