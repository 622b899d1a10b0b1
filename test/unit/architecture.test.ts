// docs/architecture.md is the map of the sources: the files and folders that it names exist.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = new URL("../../", import.meta.url);
const text = readFileSync(new URL("docs/architecture.md", root), "utf8");

function exists(path: string): boolean {
  return existsSync(new URL(path, root));
}

it('each file in the table "Where do I change" exists', () => {
  const [, table = ""] = /## Where do I change \.\.\.\n([\s\S]*?)\n\*\*/.exec(text) ?? [];
  const files = [...table.matchAll(/`((?:src|native)\/[^`]+)`/g)].map(([, file = ""]) => file);
  expect(files.length).toBeGreaterThan(18);
  expect(files.filter((file) => !exists(file))).toEqual([]);
});

it("each path in the text exists", () => {
  const paths = [...text.matchAll(/`((?:src|native|scripts|test)\/[\w./-]+)`/g)].map(([, path = ""]) => path);
  expect(paths.filter((path) => !exists(path))).toEqual([]);
});

it("each file in the drawings exists, below some folder of the sources", () => {
  const names = new Set(
    ["src", "native/src"].flatMap((folder) => readdirSync(fileURLToPath(new URL(folder, root)), { recursive: true, encoding: "utf8" })),
  );
  const drawings = [...text.matchAll(/```\n([\s\S]*?)```/g)].map(([, drawing = ""]) => drawing).join("\n");
  const files = [...drawings.matchAll(/\b([\w-]+(?:\/[\w-]+)*\.(?:ts|c))\b/g)].map(([, file = ""]) =>
    file.replace(/^(native\/)?src\//, ""),
  );
  const known = (file: string): boolean => file === "mod.ts" || [...names].some((name) => name === file || name.endsWith(`/${file}`));
  expect(files.length).toBeGreaterThan(25);
  expect(files.filter((file) => !known(file))).toEqual([]);
});

it("each folder of src/ has a place in the drawing of the layers", () => {
  const folders = readdirSync(fileURLToPath(new URL("src", root)));
  expect(folders.filter((folder) => !text.includes(`src/${folder}/`))).toEqual([]);
});
