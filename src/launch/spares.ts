import { note } from "../observe/events.ts";
import { urlOfPath } from "../target/url-of-path.ts";
import { after } from "../util/deadline.ts";
import { os } from "../util/lazy-modules.ts";
import { upTo } from "../util/wait-options.ts";
import { LATE, within } from "../util/within.ts";
import type { Child } from "./child.ts";
import { type LaunchSettings, launch, type Plan, planLaunch } from "./launch.ts";
import { count } from "./may-start.ts";
import { rights } from "./rights.ts";

// Enough for a burst of starts. More would cost memory for nothing.
const MOST_SPARES = 4;
// The delay before new spares are started, in milliseconds: a spare that boots takes processor time from the child that was just started.
const REFILL_AFTER = 50;
// The time in milliseconds in which a spare that waits for its job must say so. One that is stopped does not.
const ANSWER_WITHIN = 200;

interface Spare {
  readonly child: Child;
  /** How it was started, as a text. */
  readonly origin: string;
  /** Whether it has booted and imported the modules to preload. */
  isReady: boolean;
}

let preload: readonly string[] = [];
let spares: Spare[] = [];
let launching = 0;
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
  // The spares have imported the previous modules, so they are useless now.
  discard(() => true);
  // The next start replaces them.
  stopRefill?.();
  stopRefill = undefined;
}

function toUrl(module: unknown): string {
  if (module instanceof URL) return module.href;
  if (typeof module !== "string") throw new TypeError("A module to preload must be a URL, or an absolute one as a string.");
  const url = urlOfPath(module);
  if (url !== undefined) return url;
  if (!URL.canParse(module))
    throw new TypeError(
      `A module to preload must be absolute, received ${JSON.stringify(module)}: use new URL(${JSON.stringify(module)}, import.meta.url).`,
    );
  return module;
}

/**
 * Plans a start of this moment. The returned function takes a child that was started ahead, in the way in which it would be started now.
 * If there is none, it starts a new child.
 */
export function planSpare(settings: LaunchSettings): () => Promise<Child> {
  const plan = planLaunch({ ...settings, preload });
  const origin = originOf(plan);
  return async () => {
    const child = (await takeReady(origin)) ?? (await launch(plan));
    refillSoon();
    return child;
  };
}

// Spares that died are skipped. One that does not answer is stopped, or this machine is very busy. Then no other one is asked, because the
// start would be late.
async function takeReady(origin: string): Promise<Child | undefined> {
  for (;;) {
    const spare = spares.find((each) => each.isReady && each.origin === origin);
    if (spare === undefined) return undefined;
    count(spare.child.counting);
    spares = spares.filter((other) => other !== spare);
    const answer = await answerOf(spare.child);
    const { pid } = spare.child;
    if (answer === "waiting") {
      note("debug", () => `takes the spare process ${pid}`);
      return spare.child;
    }
    note("info", () => `kills the spare process ${pid}, which does not answer`);
    spare.child.kill("SIGKILL");
    if (answer === "silent") return undefined;
  }
}

// Asks a spare whether it waits for its job. A look at the process would not do, because a signal that kills it may be on its way.
async function answerOf(child: Child): Promise<"waiting" | "ended" | "silent"> {
  const answer = Promise.race([child.isWaiting().then(() => "waiting" as const), child.ended.then(() => "ended" as const)]);
  const known = await within(answer, upTo(ANSWER_WITHIN));
  return known === LATE ? "silent" : known;
}

// A text that is the same for two plans if their children would be the same.
function originOf({ command, backend, folder, settings: { preload, detached = false, limits } }: Plan): string {
  const { file, args, environment, env, cwd = folder, stdout, stderr } = command;
  const all = Object.entries({ ...environment, ...env }).filter(([, value]) => value !== undefined);
  // Deno lists them in another order each time.
  const variables = all.map(([name, value]) => `${name}=${value}`).sort();
  return JSON.stringify([file, args, variables, cwd, stdout, stderr, backend.name, preload, detached, limits, rights()]);
}

function refillSoon(): void {
  stopRefill ??= after(REFILL_AFTER, refill);
}

function refill(): void {
  stopRefill = undefined;
  try {
    const plan = planLaunch({ preload });
    // If the environment is not known, the program may have changed it without notice, and a spare could have an old one.
    if (plan.command.environment === undefined) return;
    const origin = originOf(plan);
    discard((spare) => spare.origin !== origin);
    const wanted = Math.min(os().availableParallelism(), MOST_SPARES);
    for (; spares.length + launching < wanted; launching++) void boot(plan, origin);
  } catch {
    // The next start of a process fails in the same way, and reports the error to its caller.
  }
}

async function boot(plan: Plan, origin: string): Promise<void> {
  let child: Child;
  try {
    child = await launch(plan, true);
  } catch {
    return; // As above.
  } finally {
    launching--;
  }
  if (plan.settings.preload !== preload) return child.kill("SIGKILL");
  const spare: Spare = { child, origin, isReady: false };
  spares.push(spare);
  note("debug", () => `has started the spare process ${child.pid}`);
  void child.ended.then(() => discard((other) => other === spare));
  await child.isWaiting();
  spare.isReady = true;
}

// Ends spares that no process will use.
function discard(useless: (spare: Spare) => boolean): void {
  const gone = spares.filter(useless);
  spares = spares.filter((spare) => !gone.includes(spare));
  for (const { child } of gone) {
    note("debug", () => `ends the spare process ${child.pid}, which can't be used any more`);
    child.kill("SIGKILL");
  }
}
