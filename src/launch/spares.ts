import { pathToFileURL } from "node:url";
import { chooseBackend } from "../backend/registry.ts";
import { after } from "../util/deadline.ts";
import { os } from "../util/lazy-modules.ts";
import type { Child } from "./child.ts";
import { type LaunchSettings, launch } from "./launch.ts";

// Enough for a burst of starts. More would cost memory for nothing.
const MOST_SPARES = 4;
// A spare that boots takes processor time from the child that was just started, so it waits: milliseconds.
const REFILL_AFTER = 50;

let preload: readonly string[] = [];
let ready: Child[] = [];
let booting = 0;
let stopRefill: (() => void) | undefined;

/**
 * Modules that the children of start method "forkserver" import ahead, while they wait for work. Failing imports are ignored.
 *
 * @throws {TypeError} for anything but an array of URLs (as objects or absolute strings)
 *
 * @example
 * ```ts
 * setForkserverPreload([new URL("./model.ts", import.meta.url)]);
 * ```
 */
export function setForkserverPreload(modules: readonly (string | URL)[]): void {
  if (!Array.isArray(modules)) throw new TypeError("setForkserverPreload takes an array of module URLs.");
  preload = modules.map(toUrl);
  // The spares that are ready have imported something else.
  for (const child of ready.splice(0)) child.kill("SIGKILL");
  // The next start replaces them.
  stopRefill?.();
  stopRefill = undefined;
}

function toUrl(module: unknown): string {
  if (module instanceof URL) return module.href;
  if (typeof module !== "string") throw new TypeError("A module to preload must be a URL, or an absolute one as a string.");
  if (module.startsWith("/")) return pathToFileURL(module).href;
  if (!URL.canParse(module))
    throw new TypeError(
      `A module to preload must be absolute, received ${JSON.stringify(module)}: use new URL(${JSON.stringify(module)}, import.meta.url).`,
    );
  return module;
}

/** A child that was booted ahead. A fresh one where none is ready, or where the settings need a process of their own. */
export async function takeSpare(settings: LaunchSettings): Promise<Child> {
  const child = isPlain(settings) ? ready.shift() : undefined;
  const started = child ?? (await launch({ ...settings, preload }));
  refillSoon();
  return started;
}

// Whether a running process can be told these settings. The others are decided when a process starts.
function isPlain({
  runtime,
  execArgv = [],
  env = {},
  cwd,
  stdout = "inherit",
  stderr = "inherit",
  detached = false,
  limits,
  backend,
}: LaunchSettings): boolean {
  const own = [runtime, cwd, limits].some((setting) => setting !== undefined) || execArgv.length > 0 || Object.keys(env).length > 0;
  return !own && stdout === "inherit" && stderr === "inherit" && !detached && chooseBackend(backend) === chooseBackend();
}

function refillSoon(): void {
  stopRefill ??= after(REFILL_AFTER, refill);
}

function refill(): void {
  stopRefill = undefined;
  const wanted = Math.min(os().availableParallelism(), MOST_SPARES);
  for (; ready.length + booting < wanted; booting++) void boot();
}

async function boot(): Promise<void> {
  const imports = preload;
  try {
    const child = await launch({ preload: imports, spare: true });
    if (imports === preload) {
      ready.push(child);
      void child.ended.then(() => {
        ready = ready.filter((other) => other !== child);
      });
    } else child.kill("SIGKILL");
  } catch {
    // The next start reports what is wrong.
  } finally {
    booting--;
  }
}
