import { pathToFileURL } from "node:url";
import { chooseBackend } from "../backend/registry.ts";
import { after } from "../util/deadline.ts";
import { os } from "../util/lazy-modules.ts";
import type { Child } from "./child.ts";
import { type LaunchSettings, launch } from "./launch.ts";
import { count } from "./may-start.ts";

// Enough for a burst of starts. More would cost memory for nothing.
const MOST_SPARES = 4;
// The delay before new spares are started, in milliseconds: a spare that boots takes processor time from the child that was just started.
const REFILL_AFTER = 50;

let preload: readonly string[] = [];
let ready: Child[] = [];
let booting = 0;
let stopRefill: (() => void) | undefined;

/**
 * Sets the modules that children of the start method "forkserver" import before they get their work. An import that fails is ignored.
 *
 * @param modules absolute URLs, as objects or strings, or absolute paths; default: none
 * @throws {TypeError} if `modules` is not such an array
 *
 * @example
 * ```ts
 * setForkserverPreload([new URL("./model.ts", import.meta.url)]);
 * ```
 */
export function setForkserverPreload(modules: readonly (string | URL)[]): void {
  if (!Array.isArray(modules)) throw new TypeError("setForkserverPreload takes an array of module URLs.");
  preload = modules.map(toUrl);
  // The spares that are ready have imported the previous modules, so they are useless now.
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

/** Returns a child that was started ahead. If none is ready, or if the settings need a process of their own, this starts a new child. */
export async function takeSpare(settings: LaunchSettings): Promise<Child> {
  const spare = isPlain(settings) ? ready[0] : undefined;
  if (spare !== undefined) {
    count(spare.counting);
    ready.shift();
  }
  const child = spare ?? (await launch({ ...settings, preload }));
  refillSoon();
  return child;
}

// Whether a child that runs already can still get these settings. The other settings take effect only when a process starts.
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
    // The next start of a process fails in the same way, and reports the error to its caller.
  } finally {
    booting--;
  }
}
