// Checks the include graph of native/src. The folders are layers: a file includes only from its own folder and from layers below. No file
// depends on a file that depends on it, where a .c file and its .h file count as one. A call of an exported function counts like an include
// of the file that defines it, because all prototypes come from polyproc.h. So does the use of a kind of sync/kinds.h in a .c file. No .c file
// declares a name of another file by `extern`, because that would hide a dependency.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { nativeFiles } from "./native-sources.mjs";
import { root } from "./setup.mjs";

/** From the lowest layer to the highest. Folders in one layer do not include from each other. "" is native/src itself. */
const LAYERS = [[""], ["base"], ["wait"], ["queue", "sync", "memory", "process"], ["keeper", "inspect"], ["node"]];

const layerOf = (folder) => LAYERS.findIndex((folders) => folders.includes(folder));
const folderOf = (path) => (path.includes("/") ? path.slice(0, path.indexOf("/")) : "");
const unitOf = (path) => path.replace(/\.[ch]$/, "");

/** Each file: its path below native/src, its text without comments, and what it includes. */
function readFiles() {
  return nativeFiles(/\.(c|h|def)$/).map((path) => {
    const text = readFileSync(join(root, path), "utf8").replaceAll(/\/\*[\s\S]*?\*\//g, "");
    const includes = [...text.matchAll(/^#include "([^"]+)"/gm)].map((match) => match[1]);
    return { path: path.slice("native/src/".length), text, includes };
  });
}

/** The file that defines each exported function and each kind. */
function definitions(files) {
  const rows = files.find((file) => file.path === "functions.def").text.matchAll(/^FUNCTION(?:_0)?\((\w+)/gm);
  const exported = new Set([...rows].map((match) => `pp_${match[1]}`));
  const found = (pattern) => files.flatMap(({ path, text }) => [...text.matchAll(pattern)].map((match) => [match[1], path]));
  const functions = found(/^int32_t (pp_\w+)\([^;]*\{/gm).filter(([name]) => exported.has(name));
  return new Map([...functions, ...found(/^const struct pp_sync_kind (pp_\w+_kind) =/gm)]);
}

/** [from, to, how] for each dependency between two files. */
function dependencies(files) {
  const defined = definitions(files);
  return files.flatMap(({ path, text, includes }) => [
    ...includes.map((target) => [path, target, `${path} includes ${target}`]),
    ...[...new Set(text.match(path.endsWith(".c") ? /\bpp_\w+(?=\()|\bpp_\w+_kind\b/g : /\bpp_\w+(?=\()/g))]
      .filter((name) => defined.has(name) && defined.get(name) !== path)
      .map((name) => [path, defined.get(name), `${path} uses ${name} of ${defined.get(name)}`]),
  ]);
}

function externs({ path, text }) {
  if (!path.endsWith(".c")) return [];
  return (text.match(/^\s*extern\b[^;]*\bpp_\w+[^;]*;/gm) ?? []).map((line) => `${path}: a header must declare this: ${line.trim()}`);
}

function wrongDirection([from, to, how]) {
  const [own, other] = [folderOf(from), folderOf(to)];
  if (layerOf(own) < 0) return [`${from}: the folder ${own}/ has no layer in scripts/check-includes.mjs`];
  if (own === other || layerOf(other) < layerOf(own)) return [];
  return [`${how}, but ${other}/ is not in a layer below ${own === "" ? "native/src" : `${own}/`}`];
}

/** A circle of units as the dependencies that form it, or undefined. */
function findCircle(edges) {
  const next = new Map();
  for (const edge of edges) {
    const unit = unitOf(edge[0]);
    if (unit === unitOf(edge[1])) continue;
    if (!next.has(unit)) next.set(unit, []);
    next.get(unit).push(edge);
  }
  const finished = new Set();
  const visit = (unit, path) => {
    const start = path.findIndex(([from]) => unitOf(from) === unit);
    if (start >= 0) return path.slice(start);
    if (finished.has(unit)) return undefined;
    for (const edge of next.get(unit) ?? []) {
      const circle = visit(unitOf(edge[1]), [...path, edge]);
      if (circle !== undefined) return circle;
    }
    finished.add(unit);
    return undefined;
  };
  for (const unit of next.keys()) {
    const circle = visit(unit, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

/** What is wrong with the include graph, one text for each fault. */
export function checkIncludes() {
  const files = readFiles();
  const edges = dependencies(files);
  const circle = findCircle(edges);
  return [
    ...files.flatMap(externs),
    ...edges.flatMap(wrongDirection),
    ...(circle === undefined ? [] : [`a circle: ${circle.map(([, , how]) => how).join("; ")}`]),
  ];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const faults = checkIncludes();
  for (const fault of faults) console.error(`native/src: ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
  else console.log("the includes of native/src: downwards only, no circles");
}
