// One soak on one runtime: kills the users of a queue, a lock, a semaphore and an event at random moments, and compares what they wrote
// down. This process hosts the portable objects and is the only one that is never killed. `npm run soak` starts it.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type CommandOptions,
  capabilities,
  Empty,
  Event,
  JoinableQueue,
  Lock,
  Process,
  ProcessDiedError,
  Semaphore,
  setForkserverPreload,
  setStartMethod,
} from "../mod.ts";
import { flag, integer, readArguments } from "../tools/arguments.ts";
import { openFiles } from "../tools/processes.ts";
import { Random } from "../tools/random.ts";
import { type Item, isWhole } from "./item.ts";
import { KillLoop, type Round } from "./kill-loop.ts";
import { type Account, Oracle, ROLES } from "./oracle.ts";
import { Progress } from "./progress.ts";
import { module, type Shared } from "./workers.ts";

const WORKERS = { producer: 3, consumer: 3, holder: 3, setter: 1, waiter: 2 } as const;
const PERMITS = 2;
const KILLS_A_ROUND = 500;
const ROUNDS_AT_LEAST = 2;
const SETTINGS = [
  { maxsize: 0, redeliver: false },
  { maxsize: 2, redeliver: true },
  { maxsize: 2, redeliver: false },
  { maxsize: 0, redeliver: true },
] as const;
const REPLY_WITHIN_MS = 2000;
/** Descriptors of children that are being started, and those that a runtime opens by itself. */
const MORE_DESCRIPTORS = 32;

const { kills, seed, mixed } = readArguments("soak/driver.ts", {
  kills: integer(500, 1),
  seed: integer(Date.now() % 2 ** 32),
  mixed: flag(),
});
const random = new Random(seed);
const folder = mkdtempSync(join(tmpdir(), "pp-soak-"));
const MIXED: readonly CommandOptions[] = [{}, { runtime: "deno", execArgv: [`--allow-write=${folder}`] }, { runtime: "bun" }];
const progress = new Progress();
const totals = {
  seed,
  runtime: mixed ? "mixed" : capabilities().runtime,
  backend: capabilities().backend,
  kills: 0,
  seconds: 0,
  killed: Object.fromEntries(ROLES.map((role) => [role, 0])),
  moments: { "at work": 0, "while it started": 0, "while it was stopped": 0 },
  puts: 0,
  received: 0,
  lost: 0,
  inKilledConsumers: 0,
  redelivered: 0,
  held: 0,
  abandoned: 0,
  seen: 0,
  longestIdle: progress.longest,
};
let ids = 0;
let descriptors: number | undefined;

/** Kills as many workers as wanted, with objects that are made for this round. */
async function runRound(number: number, wanted: number): Promise<void> {
  const { maxsize, redeliver } = SETTINGS[number % SETTINGS.length] ?? SETTINGS[0];
  const roundFolder = join(folder, String(number));
  mkdirSync(roundFolder);
  using queue = new JoinableQueue<Item>({ maxsize, redeliver });
  using lock = new Lock();
  using permits = new Semaphore({ value: PERMITS, robust: true });
  using event = new Event();
  // The portable queue takes an item back when its consumer's timeout has passed. Others may have received later items by then, so the
  // order is not kept.
  const impatient = redeliver || capabilities().backend === "native";
  const shared: Shared = { queue, lock, permits, event, impatient, guard: join(roundFolder, "guard") };
  if (number === 0) await warmUp(shared);
  const oracle = new Oracle(redeliver);
  let started = 0;
  let killed = 0;
  const round: Round = {
    shared,
    folder: roundFolder,
    oracle,
    random,
    nextCommand: () => (mixed ? (MIXED[ids % MIXED.length] ?? {}) : {}),
    nextId: () => {
      started++;
      return ++ids;
    },
    isComplete: () => started >= wanted,
    killed: (moment) => {
      killed++;
      totals.moments[moment]++;
    },
  };
  const loops = ROLES.flatMap((role) => Array.from({ length: WORKERS[role] }, () => new KillLoop(role, round)));
  let ended = false;
  const watching = progress.watch(loops, oracle, event, () => ended);
  const running = Promise.all(loops.map((each) => each.run())).then(() => {
    ended = true;
  });
  await Promise.all([running, watching]);
  const account = await takeAccount(shared, oracle);
  const found = oracle.compare(account);
  const open = openFiles().size;
  descriptors ??= open;
  if (open > descriptors + MORE_DESCRIPTORS)
    oracle.wrong.push(`${open} descriptors are open; after the first round there were ${descriptors}`);
  if (oracle.wrong.length > 0) throw new Error(`${oracle.wrong.length} wrong outcomes:\n${oracle.wrong.slice(0, 20).join("\n")}`);
  for (const role of ROLES) totals.killed[role] = (totals.killed[role] ?? 0) + oracle.killed[role];
  totals.kills += killed;
  totals.puts += account.puts;
  totals.received += found.received;
  totals.lost += account.lost;
  totals.inKilledConsumers += found.inKilledConsumers;
  totals.redelivered += account.redelivered;
  totals.held += oracle.lines.holder;
  totals.abandoned += oracle.abandoned;
  totals.seen += oracle.lines.waiter;
  const queueKind = `maxsize ${maxsize}${redeliver ? ", redelivering" : ""}`;
  const rest = redeliver
    ? `${account.redelivered} redelivered`
    : `${found.inKilledConsumers} lost with ${oracle.killed.consumer} killed consumers`;
  console.log(
    `  ${queueKind}: ${killed} kills; ${account.puts} items put, ${found.received} received, ${rest}; lock held ${oracle.lines.holder} times; ${open} descriptors open`,
  );
  rmSync(roundFolder, { recursive: true });
}

async function warmUp(shared: Shared): Promise<void> {
  await using worker = new Process({ target: { module, name: "warmUp" }, args: [shared] });
  await worker.start();
  await worker.result();
  await worker.join();
}

/** Drains the queue and checks every object. All workers are dead by then. */
async function takeAccount({ queue, lock, permits, event }: Shared, oracle: Oracle): Promise<Account> {
  const lines: string[] = [];
  for (;;)
    try {
      const item = await queue.get({ timeout: 200 });
      if (!isWhole(item)) oracle.wrong.push(`corrupt: item ${item[1]} of producer ${item[0]}`);
      lines.push(`${item[0]} ${item[1]}`);
      await queue.taskDone();
    } catch (error) {
      if (error instanceof Empty) break;
      throw error;
    }
  oracle.addGets("the driver", lines);
  let unmarked = 0;
  for (;;)
    try {
      await queue.join({ timeout: REPLY_WITHIN_MS });
      break;
    } catch (error) {
      if (!(error instanceof ProcessDiedError)) throw error;
      unmarked += error.items ?? 0;
    }
  if (!(await lock.acquire({ timeout: REPLY_WITHIN_MS })))
    oracle.wrong.push("the lock can't be acquired, although no living process holds it");
  else await lock.release();
  const value = await permits.getValue();
  if (value !== PERMITS) oracle.wrong.push(`the semaphore has ${value} of ${PERMITS} permits, although all workers are dead`);
  await event.set();
  if (!(await event.wait({ timeout: REPLY_WITHIN_MS }))) oracle.wrong.push("wait() does not return, although the event is set");
  return { ...(await queue.stats()), unmarked };
}

async function main(): Promise<void> {
  setStartMethod("forkserver");
  setForkserverPreload([module]);
  const begun = performance.now();
  const rounds = Math.max(ROUNDS_AT_LEAST, Math.ceil(kills / KILLS_A_ROUND));
  for (let i = 0; i < rounds; i++) await runRound(i, Math.floor((kills * (i + 1)) / rounds) - Math.floor((kills * i) / rounds));
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
