import { existsSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

// The built suite lies one folder deeper.
const root = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "../../" : "../../../", import.meta.url));
const modules = join(root, "node_modules");

/** The runtimes that the library supports. */
export const RUNTIMES: readonly ["node", "deno", "bun"] = ["node", "deno", "bun"];
export type RuntimeName = (typeof RUNTIMES)[number];

/** The commands that run a module on each pinned runtime. */
export const commands: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries(JSON.parse(readFileSync(join(root, "tools/runtimes.json"), "utf8")) as Record<string, [string, ...string[]]>).map(
    ([name, [program, ...flags]]) => [name, [join(root, program), ...flags]],
  ),
);

/**
 * The command line that runs `file` on a runtime.
 *
 * @param more flags of the runtime, besides those that it always has
 */
export function commandLine(runtime: string, file: string, args: readonly string[] = [], more: readonly string[] = []): [string, string[]] {
  const [program = "", ...flags] = commands[runtime] ?? [];
  if (!existsSync(program)) throw new Error(`${runtime} is not installed: run npm install (its install scripts must be allowed).`);
  return [program, [...flags, ...more, file, ...args]];
}

/** PATH with the pinned runtimes first, for children of another runtime than their parent's. */
export function pathWithRuntimes(): string {
  const folders = ["node", "deno"].map((name) => dirname(commands[name]?.[0] ?? ""));
  return [...folders, join(modules, ".bin"), process.env.PATH ?? ""].join(delimiter);
}
