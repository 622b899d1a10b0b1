// The rules between the layers of src/: docs/architecture.md draws them.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { init, parse } from "es-module-lexer";
import { describe, expect, it } from "vitest";

await init();

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The folders from the lowest layer to the highest. Those in one row don't import each other. */
const LAYERS = [
  ["src/util"],
  ["src/errors"],
  ["src/runtime"],
  ["src/observe"],
  ["src/tree"],
  ["src/backend/contract"],
  ["src/codec"],
  ["src/remote", "src/backend/portable", "src/backend/native", "src/backend/nats"],
  ["src/backend"],
  ["src/inspect"],
  ["src/objects"],
  ["src/target"],
  ["src/launch"],
  ["src/pool", "src/manager"],
  ["src/cluster"],
  ["src/api"],
  ["src/child", "src/cli"],
  ["mod.ts"],
];

interface Source {
  readonly file: string;
  readonly text: string;
  /** The files that it imports, values and types. */
  readonly imports: readonly string[];
}

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `${folder}/${name}`);
}

function read(file: string): Source {
  const text = readFileSync(join(root, file), "utf8");
  const [imports] = parse(text);
  const files = imports
    .filter(({ type }) => type !== "dynamic")
    .flatMap(({ specifier }) => (specifier?.startsWith(".") ? [relative(root, join(root, dirname(file), specifier))] : []));
  return { file, text, imports: files };
}

const sources: readonly Source[] = [...sourceFiles("src"), "mod.ts"].map(read);

/** The folder of LAYERS that a file lies in: the longest that fits. */
function folderOf(file: string): string {
  const [folder] = LAYERS.flat()
    .filter((each) => file === each || file.startsWith(`${each}/`))
    .sort((a, b) => b.length - a.length);
  if (folder === undefined) throw new Error(`${file} lies in no layer: add its folder to LAYERS and to docs/architecture.md.`);
  return folder;
}

function heightOf(folder: string): number {
  return LAYERS.findIndex((row) => row.includes(folder));
}

/** Returns the fault of an import, if it has one. */
function faultOf(from: string, to: string): string | undefined {
  const [above, below] = [folderOf(from), folderOf(to)];
  if (above === below || heightOf(below) < heightOf(above)) return undefined;
  return `${from} imports ${to}, which lies in a higher layer, or beside it: ${below} is not below ${above}.`;
}

/** A chain of imports that comes back to its start, if there is one. */
function circleIn(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    path.push(file);
    for (const next of graph.get(file) ?? []) {
      const circle = visit(next);
      if (circle !== undefined) return circle;
    }
    path.pop();
    done.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const circle = visit(file);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

/** The files whose text matches, outside of these folders. */
function matching(pattern: RegExp, ...allowed: readonly string[]): string[] {
  return sources
    .filter(({ file }) => !allowed.some((each) => file.startsWith(each)))
    .flatMap(({ file, text }) => text.split("\n").flatMap((line, i) => (pattern.test(line) ? [`${file}:${i + 1}: ${line.trim()}`] : [])));
}

describe("layers", () => {
  it("import downwards only", () => {
    expect(sources.flatMap(({ file, imports }) => imports.flatMap((to) => faultOf(file, to) ?? []))).toEqual([]);
  });

  it("have no circles", () => {
    expect(circleIn(new Map(sources.map(({ file, imports }) => [file, imports])))).toBeUndefined();
  });

  it("an import upwards, an import beside, and a circle would be found", () => {
    expect(faultOf("src/util/within.ts", "src/api/queue.ts")).toMatch(/higher layer/);
    expect(faultOf("src/backend/native/native.ts", "src/backend/portable/portable.ts")).toMatch(/beside/);
    expect(faultOf("src/backend/registry.ts", "src/backend/native/provider.ts")).toBeUndefined();
    const circle = new Map([
      ["a.ts", ["b.ts"]],
      ["b.ts", ["c.ts"]],
      ["c.ts", ["b.ts"]],
    ]);
    expect(circleIn(circle)).toEqual(["b.ts", "c.ts", "b.ts"]);
  });
});

describe("seams", () => {
  it("only the registry knows the backends", () => {
    const backends = /^src\/backend\/(?!contract\/)[a-z]+\//;
    const outside = sources.filter(({ file }) => !backends.test(file) && file !== "src/backend/registry.ts");
    expect(outside.flatMap(({ file, imports }) => imports.filter((to) => backends.test(to)).map((to) => `${file} -> ${to}`))).toEqual([]);
  });

  it("no code outside of src/backend asks which backend this is", () => {
    expect(matching(/[=!]== "(native|portable)"/, "src/backend/")).toEqual([]);
  });

  it("no code outside of src/runtime asks which runtime this is", () => {
    const asks = /"(Deno|Bun)" in|globalThis[^;]*\b(Deno|Bun)\b|process\.versions|runtime\.name [=!]==|[=!]== "(node|deno|bun)"/;
    expect(matching(asks, "src/runtime/")).toEqual([]);
  });

  it("no code outside of src/runtime asks which operating system this is, but for the C library's own part", () => {
    expect(matching(/process\.platform|os\(\)\.platform|build\.os|"\/(proc|dev\/null)\b/, "src/runtime/", "src/backend/native/")).toEqual(
      [],
    );
  });

  it("only the current runtime is imported from src/runtime, not an adapter", () => {
    const adapters = /^src\/runtime\/(node|bun|deno\/.*)\.ts$/;
    const outside = sources.filter(({ file }) => !file.startsWith("src/runtime/"));
    expect(outside.flatMap(({ file, imports }) => imports.filter((to) => adapters.test(to)).map((to) => `${file} -> ${to}`))).toEqual([]);
  });
});

describe("clocks", () => {
  const clocks =
    /\b(set|clear)(Timeout|Interval|Immediate)\b|\bqueueMicrotask\b|\bnextTick\b|\bperformance\b|\bhrtime\b|\bDate\.now\b|new Date\(\)|node:(timers|perf_hooks)/;

  it("are taken from src/util/clock.ts alone, so that fake timers do not stop this library", () => {
    // The text of a helper thread has timers of its own, which a program can't replace.
    const uses = matching(clocks, "src/util/clock.ts", "src/backend/portable/launch/parent-watcher.ts").filter(
      (line) => !/^\S+ (\/\/|\/?\*)/.test(line),
    );
    expect(uses).toEqual([]);
  });

  it("a use of a global timer or clock would be found", () => {
    for (const use of ["setTimeout(f, 1)", "globalThis.performance.now()", "Date.now()", 'import "node:timers"'])
      expect(use).toMatch(clocks);
  });
});

describe("files", () => {
  const lengths = sources.filter(({ file }) => file !== "mod.ts").map(({ file, text }) => ({ file, lines: text.split("\n").length - 1 }));

  it("are small: 350 lines at most, and the median below 120", () => {
    // A generated file is as long as its source makes it.
    const generated = sources.filter(({ text }) => text.startsWith("// Generated by ")).map(({ file }) => file);
    expect(lengths.filter(({ file, lines }) => lines > 350 && !generated.includes(file))).toEqual([]);
    const sorted = lengths.map(({ lines }) => lines).sort((a, b) => a - b);
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThan(120);
  });

  it("lie in folders: none is beside them in src/", () => {
    expect(readdirSync(join(root, "src"), { withFileTypes: true }).filter((entry) => !entry.isDirectory())).toEqual([]);
  });

  it("do more than to forward what another file exports", () => {
    const forwards = /^(\/\/.*|\/\*\*[\s\S]*?\*\/|export (type )?(\*|\{[^}]*\}) from "[^"]*";|\s)*$/;
    expect(sources.filter(({ file, text }) => file !== "mod.ts" && forwards.test(text)).map(({ file }) => file)).toEqual([]);
  });
});
