// The table of a pool's options in docs/pool.md has each of them, with its default.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { checkPoolOptions } from "../../../src/pool/options.ts";

function textOf(file: string): string {
  return readFileSync(new URL(`../../../${file}`, import.meta.url), "utf8");
}

/** The rows of the table: the cells of each, by the option's name. */
function documented(): Map<string, readonly string[]> {
  const [, section = ""] = textOf("docs/pool.md").match(/^## Options of a pool\n([\s\S]*?)^## /m) ?? [];
  const rows = [...section.matchAll(/^\| `(\w+)` +\|(.*)\|$/gm)];
  return new Map(rows.map(([, name = "", rest = ""]) => [name, rest.split(" | ").map((cell) => cell.trim())]));
}

it("docs/pool.md has all options of a pool, and no others", () => {
  const [, known = ""] = textOf("src/pool/options.ts").match(/optionNames<PoolOptions>\(\{([\s\S]*?)\}\)/) ?? [];
  expect([...documented().keys()]).toEqual([...known.matchAll(/(\w+): true/g)].map(([, name]) => name));
});

it("the times in docs/pool.md are the defaults", () => {
  const settings = checkPoolOptions(...([{}] as unknown as Parameters<typeof checkPoolOptions>));
  const times = { startTimeout: settings.startTimeout, taskGrace: settings.taskGrace, grace: settings.process.grace };
  for (const [name, ms] of Object.entries(times)) expect(documented().get(name)?.[1]?.replace(",", ""), name).toBe(String(ms));
  for (const name of ["maxTasksPerChild", "maxMemoryPerChild", "idleTimeout", "maxQueued"] as const) {
    expect(settings[name]).toBe(Number.POSITIVE_INFINITY);
    expect(documented().get(name)?.[1]).toBe("no limit");
  }
});
