// The links in the documents lead somewhere.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { brokenLinks } from "../../tools/links.ts";

const root: string = fileURLToPath(new URL("../..", import.meta.url));

/** The Markdown files of the repository that are not generated. */
function documents(): string[] {
  const names = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" }).map((name) => join("docs", name));
  const written = names.filter((name) => name.endsWith(".md") && !name.startsWith(join("docs", "api")));
  return ["README.md", "CHANGELOG.md", "SECURITY.md", "native/README.md", ...written].map((name) => join(root, name));
}

it("the links between the documents lead to files and headings that exist", () => {
  expect(brokenLinks(documents())).toEqual([]);
});

it("links to files and headings that do not exist are found", () => {
  const folder = mkdtempSync(join(tmpdir(), "pp-links-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "a.md");
  writeFileSync(
    file,
    "# A `put` that fails\n\n[b](b.md) [c](#a-put-that-fails) [d](a.md#no-heading) `[e](e.md)` [f](https://example.org/f)\n",
  );
  expect(brokenLinks([file]).map((fault) => fault.replace(/^\S+ /, ""))).toEqual([
    "b.md does not exist.",
    "a.md#no-heading names no heading.",
  ]);
});
