// One soak of Pool on one runtime: kills the workers of two pools at random moments while both get calls of all kinds, and compares what the
// callers heard with what the tasks wrote down. This process is the only one that is never killed. `npm run soak -- --what pool` starts it.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type CommandOptions, capabilities, Pool, type PoolOptions, setForkserverPreload, setStartMethod } from "../../mod.ts";
import { flag, integer, readArguments } from "../../tools/arguments.ts";
import { openFiles } from "../../tools/processes.ts";
import { Random } from "../../tools/random.ts";
import { makeItem } from "../item.ts";
import { Caller } from "./caller.ts";
import { Killer, type Moment } from "./killer.ts";
import { PoolOracle } from "./oracle.ts";
import { readRecords } from "./records.ts";
import { initialize, module, workAtOnce } from "./tasks.ts";

const CALLERS = 5;
const KILLS_A_ROUND = 250;
const ENDS_WITHIN_MS = 20_000;
const SETTINGS: readonly (PoolOptions & { readonly processes: number | { readonly min: number; readonly max: number } })[] = [
  { processes: 3 },
  { processes: { min: 2, max: 4 }, maxTasksPerChild: 50, initializer: initialize, taskGrace: 20 },
  { processes: 4, maxQueued: 20, taskGrace: 5 },
  { processes: 3, idleTimeout: 20, stderr: "pipe" },
];
/** Descriptors of workers that are being started, and those that a runtime opens by itself. */
const MORE_DESCRIPTORS = 32;

const { kills, seed, mixed } = readArguments("soak/pool/driver.ts", {
  kills: integer(500, 1),
  seed: integer(Date.now() % 2 ** 32),
  mixed: flag(),
});
const random = new Random(seed);
const folder = mkdtempSync(join(tmpdir(), "pp-soak-"));
const MIXED: readonly CommandOptions[] = [{}, { runtime: "deno", execArgv: [`--allow-write=${folder}`] }, { runtime: "bun" }];
const totals = {
  seed,
  runtime: mixed ? "mixed" : capabilities().runtime,
  backend: capabilities().backend,
  kills: 0,
  seconds: 0,
  moments: { "at work": 0, "while it was idle": 0, "while it started": 0, "while it was stopped": 0 },
  calls: 0,
  values: 0,
  again: 0,
  died: 0,
  unseen: 0,
  ownErrors: 0,
  givenUp: 0,
  refused: 0,
  longest: 0,
};
let tasks = 0;
let pools = 0;
let descriptors: number | undefined;

interface Soaked {
  readonly pool: Pool;
  readonly name: string;
  readonly oracle: PoolOracle;
  readonly log: string;
  readonly callers: readonly Caller[];
  readonly running: Promise<unknown>;
  end(): Promise<void>;
}

/** Makes a pool, and lets its callers and its killer run. The killers of a round share the budget of kills. */
function soak(oracle: PoolOracle, budget: { left: number }, killed: (moment: Moment) => void): Soaked {
  const settings = SETTINGS[pools % SETTINGS.length] ?? { processes: 2 };
  const command = mixed ? (MIXED[pools % MIXED.length] ?? {}) : {};
  const name = `pool-${pools++}`;
  const pool = new Pool({ ...settings, ...command, name });
  const log = join(folder, name);
  writeFileSync(log, "");
  let isClosed = false;
  const isInitialized = settings.initializer !== undefined;
  const context = { pool, oracle, log, isInitialized, nextTask: () => ++tasks, isClosed: () => isClosed };
  const callers = Array.from({ length: CALLERS }, () => new Caller({ ...context, random: new Random(random.int(2 ** 31)) }));
  const { processes } = settings;
  const most = typeof processes === "number" ? processes : processes.max;
  const killer = new Killer(pool, most, oracle, new Random(random.int(2 ** 31)));
  const killing = killer.run(budget, killed);
  const running = Promise.all(callers.map((caller) => caller.run()));
  const end = async (): Promise<void> => {
    await killing;
    isClosed = true;
    if (random.chance(0.5)) pool.close();
    else pool.terminate();
    await running;
    if (!(await pool.join({ timeout: ENDS_WITHIN_MS })))
      throw new Error(`${name} has not ended within ${ENDS_WITHIN_MS} ms: ${JSON.stringify([pool.stats(), pool.workers])}`);
    const { queued, running: left } = pool.stats();
    if (queued > 0 || left > 0 || pool.workers.length > 0) oracle.wrong.push(`${name} has ended, and has ${JSON.stringify(pool.stats())}`);
  };
  return { pool, name, oracle, log, callers, running, end };
}

/** Kills as many workers as wanted. */
async function runRound(wanted: number): Promise<void> {
  let killed = 0;
  const budget = { left: wanted };
  const count = (moment: Moment): void => {
    killed++;
    totals.moments[moment]++;
  };
  const soaked = [1, 2].map(() => soak(new PoolOracle(), budget, count));
  await Promise.race([Promise.all(soaked.map(({ end }) => end())), ...soaked.map(({ running }) => running.then(() => delay(2 ** 30)))]);
  const wrong: string[] = [];
  let values = 0;
  let died = 0;
  let longest = 0;
  for (const { oracle, log, callers } of soaked) {
    const found = oracle.compare(readRecords(log));
    wrong.push(...oracle.wrong);
    for (const name of ["values", "again", "died", "unseen", "ownErrors", "givenUp", "refused"] as const) totals[name] += found[name];
    values += found.values;
    died += found.died;
    for (const caller of callers) totals.calls += caller.calls;
    longest = Math.max(longest, ...callers.map((caller) => caller.longest));
    rmSync(log);
  }
  totals.longest = Math.max(totals.longest, Math.round(longest));
  const open = openFiles().size;
  descriptors ??= open;
  if (open > descriptors + MORE_DESCRIPTORS) wrong.push(`${open} descriptors are open; after the first round there were ${descriptors}`);
  const files = readdirSync(folder);
  if (files.length > 0) wrong.push(`files are left: ${files.join(", ")}`);
  if (wrong.length > 0) throw new Error(`${wrong.length} wrong outcomes:\n${wrong.slice(0, 20).join("\n")}`);
  totals.kills += killed;
  const names = soaked.map(({ name }) => name).join(" and ");
  console.log(
    `  ${names}: ${killed} kills; ${values} results, ${died} tasks lost with their worker; longest call ${Math.round(longest)} ms; ${open} descriptors open`,
  );
}

/** Loads what the workers load, and ends normally: Node stores compiled code only at such an end. */
async function warmUp(): Promise<void> {
  const log = join(folder, "warm-up");
  await using pool = new Pool({ processes: 1 });
  await pool.apply(workAtOnce, [{ log, task: 0, act: "return", ms: 0, item: makeItem(0, 0) }]);
  pool.close();
  await pool.join();
  rmSync(log, { force: true });
}

async function main(): Promise<void> {
  setStartMethod("forkserver");
  setForkserverPreload([module]);
  await warmUp();
  const begun = performance.now();
  const rounds = Math.ceil(kills / KILLS_A_ROUND) + 1;
  for (let i = 0; i < rounds; i++) await runRound(Math.floor((kills * (i + 1)) / rounds) - Math.floor((kills * i) / rounds));
  totals.seconds = Math.round((performance.now() - begun) / 100) / 10;
  console.log(JSON.stringify(totals));
}

try {
  await main();
  process.exitCode = 0;
} catch (error) {
  console.error(
    `The soak failed after ${totals.kills} kills and those of this round (seed ${seed}, ${totals.runtime}, ${totals.backend}):`,
  );
  console.error(error);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
  process.exit();
}
