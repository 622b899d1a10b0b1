// docs/conformance.md names tests of this project beside those of CPython: they exist.
import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const root = new URL("../../", import.meta.url);

function hasTest(file: string, name: string): boolean {
  const paths = [`test/cases/${file}.ts`, `test/${file}.test.ts`, `test/unit/${file}.test.ts`].map((path) => new URL(path, root));
  const [found] = paths.filter((path) => existsSync(path));
  // What follows "…" differs between variants of one test.
  const [start = ""] = name.split("…");
  return found !== undefined && readFileSync(found, "utf8").replaceAll('\\"', '"').includes(start.trim());
}

it("each test that is named exists", () => {
  const text = readFileSync(new URL("docs/conformance.md", root), "utf8");
  const named = [...text.matchAll(/`([a-z-]+(?:\/[a-z-]+)?)` "([^"]+)"/g)].map(([, file = "", name = ""]) => ({ file, name }));
  expect(named.length).toBeGreaterThan(150);
  expect(named.filter(({ file, name }) => !hasTest(file, name))).toEqual([]);
});
