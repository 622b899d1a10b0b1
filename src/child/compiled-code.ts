// Lets a child find the code that engines have compiled for earlier ones, because most of a start is the compilation of this package. Deno does so
// by itself, and has no such function.
//
// The engine runs what it finds in the folder, so nobody else may be able to write there. The temporary folder, which Node takes by default,
// does not ensure that. This module imports nothing: what it imported would be compiled anew each time.
import type { Stats } from "node:fs";

/** An engine's folder with more files than this is removed, because engines keep the code of modules that have gone. */
const MOST_FILES = 2000;

/** Has the engine keep the code that it compiles from now on, in the user's cache folder. Where that is not possible, it does nothing. */
export function keepCompiledCode(): void {
  const { enableCompileCache } = process.getBuiltinModule("node:module");
  if (enableCompileCache === undefined) return;
  try {
    // With kept code, what a tool for coverage counts is less exact.
    if (process.env.NODE_V8_COVERAGE || process.env.NODE_COMPILE_CACHE || process.env.NODE_DISABLE_COMPILE_CACHE) return;
    enableCompileCache(ownFolder());
  } catch {
    // The program has no permission to write files, or its user has no home.
  }
}

function ownFolder(): string {
  const { mkdirSync, readdirSync, rmSync, statSync } = process.getBuiltinModule("node:fs");
  const { isAbsolute, join } = process.getBuiltinModule("node:path");
  const caches = process.env.XDG_CACHE_HOME || join(process.getBuiltinModule("node:os").homedir(), ".cache");
  if (!isAbsolute(caches)) throw new Error(`${caches} would be below the working folder.`);
  const folder = join(caches, "polyproc");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!isOurs(statSync(folder))) throw new Error(`${folder} can be written by others.`);
  // Each version of an engine has a folder of its own.
  for (const engine of readdirSync(folder)) {
    const kept = join(folder, engine);
    if (readdirSync(kept).length > MOST_FILES) rmSync(kept, { recursive: true, force: true });
  }
  return folder;
}

function isOurs({ uid, mode }: Stats): boolean {
  const user = process.geteuid?.();
  // Windows has neither users by number nor such a mode; there, only the user can write in the home.
  return user === undefined || (uid === user && (mode & 0o022) === 0);
}
