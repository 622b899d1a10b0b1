import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

// The built suite lies one folder deeper, in .compat/.
const modules = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "../../node_modules/" : "../../../node_modules/", import.meta.url));

/** How to run a module on each pinned runtime. */
export const commands: Readonly<Record<string, readonly string[]>> = {
  node: [join(modules, "node/bin/node")],
  deno: [join(modules, "deno/deno"), "run", "-A"],
  bun: [join(modules, "bun/bin/bun.exe")],
  node22: [join(modules, "node22/bin/node")],
  node24: [join(modules, "node24/bin/node")],
};

/** The command line that runs `file` on a runtime. */
export function commandLine(runtime: string, file: string, args: readonly string[] = []): [string, string[]] {
  const [program = "", ...flags] = commands[runtime] ?? [];
  if (!existsSync(program)) throw new Error(`${runtime} is not installed: run npm install (its install scripts must be allowed).`);
  return [program, [...flags, file, ...args]];
}

/** PATH with the pinned runtimes first, for children of another runtime than their parent's. */
export function pathWithRuntimes(): string {
  return [join(modules, "node/bin"), join(modules, "deno"), join(modules, ".bin"), process.env.PATH ?? ""].join(":");
}
