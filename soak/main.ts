// Kills the users of a queue, a lock, a semaphore and an event at random moments, and compares what they wrote down: `npm run soak`.
// Its own process hosts the portable objects and is the only one that lives.
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
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
import { type Item, isWhole } from "./item.ts";
import { type Account, Oracle, ROLES } from "./oracle.ts";
import { type Killing, Place } from "./place.ts";
import { Progress } from "./progress.ts";
import { randomFrom } from "./random.ts";
import { module, type Shared } from "./workers.ts";

const PLACES = { producer: 3, consumer: 3, holder: 3, setter: 1, waiter: 2 } as const;
const PERMITS = 2;
const KILLS_A_ROUND = 500;
const ROUNDS_AT_LEAST = 2;
const SETTINGS = [
  { maxsize: 0, redeliver: false },
  { maxsize: 2, redeliver: true },
  { maxsize: 2, redeliver: false },
  { maxsize: 0, redeliver: true },
] as const;
const ANSWER_WITHIN = 2000;
// Children that are being started, and what a runtime opens by itself.
const MORE_DESCRIPTORS = 32;

const { values } = parseArgs({
  options: { kills: { type: "string" }, seed: { type: "string" }, mixed: { type: "boolean", default: false } },
});
const kills = Number(values.kills ?? 500);
const seed = Number(values.seed ?? Date.now() % 2 ** 32);
const random = randomFrom(seed);
const folder = mkdtempSync(join(tmpdir(), "pp-soak-"));
const MIXED: readonly CommandOptions[] = [{}, { runtime: "deno", execArgv: [`--allow-write=${folder}`] }, { runtime: "bun" }];
const progress = new Progress();
const totals = {
  seed,
  runtime: values.mixed ? "mixed" : capabilities().runtime,
  backend: capabilities().backend,
  kills: 0,
  seconds: 0,
  killed: Object.fromEntries(ROLES.map((role) => [role, 0])),
  moments: { "at work": 0, "while it started": 0, "while it was stopped": 0 },
  puts: 0,
  received: 0,
  lost: 0,
  inHands: 0,
  redelivered: 0,
  held: 0,
  told: 0,
  seen: 0,
  longestIdle: progress.longest,
};
let ids = 0;
let descriptors: number | undefined;

async function round(number: number, wanted: number): Promise<void> {
  const { maxsize, redeliver } = SETTINGS[number % SETTINGS.length] ?? SETTINGS[0];
  const place = join(folder, String(number));
  mkdirSync(place);
  using queue = new JoinableQueue<Item>({ maxsize, redeliver });
  using lock = new Lock();
  using permits = new Semaphore({ value: PERMITS, robust: true });
  using event = new Event();
  // The portable queue takes back what comes for who gave up: others may have had later items by then.
  const impatient = redeliver || capabilities().backend === "native";
  const shared: Shared = { queue, lock, permits, event, impatient, guard: join(place, "guard") };
  if (number === 0) await warmUp(shared);
  const oracle = new Oracle(redeliver);
  let begun = 0;
  let count = 0;
  const killing: Killing = {
    shared,
    folder: place,
    oracle,
    random,
    command: () => (values.mixed ? (MIXED[ids % MIXED.length] ?? {}) : {}),
    nextId: () => {
      begun++;
      return ++ids;
    },
    enough: () => begun >= wanted,
    killed: (how) => {
      count++;
      totals.moments[how]++;
    },
  };
  const places = ROLES.flatMap((role) => Array.from({ length: PLACES[role] }, () => new Place(role, killing)));
  let ended = false;
  const watching = progress.watch(places, oracle, event, () => ended);
  const running = Promise.all(places.map((each) => each.run())).then(() => {
    ended = true;
  });
  await Promise.all([running, watching]);
  const account = await settle(shared, oracle);
  const found = oracle.compare(account);
  const open = readdirSync("/proc/self/fd").length;
  descriptors ??= open;
  if (open > descriptors + MORE_DESCRIPTORS) oracle.wrong.push(`${open} descriptors are open, ${descriptors} were after the first round`);
  if (oracle.wrong.length > 0) throw new Error(`${oracle.wrong.length} wrong outcomes:\n${oracle.wrong.slice(0, 20).join("\n")}`);
  for (const role of ROLES) totals.killed[role] = (totals.killed[role] ?? 0) + oracle.killed[role];
  totals.kills += count;
  totals.puts += account.puts;
  totals.received += found.received;
  totals.lost += account.lost;
  totals.inHands += found.inHands;
  totals.redelivered += account.redelivered;
  totals.held += oracle.lines.holder;
  totals.told += oracle.told;
  totals.seen += oracle.lines.waiter;
  const what = `maxsize ${maxsize}${redeliver ? ", redelivering" : ""}`;
  const hands = redeliver
    ? `${account.redelivered} redelivered`
    : `${found.inHands} in the hands of ${oracle.killed.consumer} killed consumers`;
  console.log(
    `  ${what}: ${count} kills; ${account.puts} put, ${found.received} received, ${hands}; lock held ${oracle.lines.holder} times; ${open} descriptors`,
  );
  rmSync(place, { recursive: true });
}

async function warmUp(shared: Shared): Promise<void> {
  await using worker = new Process({ target: { module, name: "warmUp" }, args: [shared] });
  await worker.start();
  await worker.result();
  await worker.join();
}

// All are dead: what the queue, the lock, the semaphore and the event are like then.
async function settle({ queue, lock, permits, event }: Shared, oracle: Oracle): Promise<Account> {
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
  oracle.takeGets("the driver", lines);
  let unmarked = 0;
  for (;;)
    try {
      await queue.join({ timeout: ANSWER_WITHIN });
      break;
    } catch (error) {
      if (!(error instanceof ProcessDiedError)) throw error;
      unmarked += error.items ?? 0;
    }
  if (!(await lock.acquire({ timeout: ANSWER_WITHIN }))) oracle.wrong.push("nobody alive holds the lock, and it is not to be had");
  else await lock.release();
  const value = await permits.getValue();
  if (value !== PERMITS) oracle.wrong.push(`${value} permits of ${PERMITS} are left once all are dead`);
  await event.set();
  if (!(await event.wait({ timeout: ANSWER_WITHIN }))) oracle.wrong.push("an event that is set does not let go");
  return { ...(await queue.stats()), unmarked };
}

async function main(): Promise<void> {
  setStartMethod("forkserver");
  setForkserverPreload([module]);
  const begun = performance.now();
  const rounds = Math.max(ROUNDS_AT_LEAST, Math.ceil(kills / KILLS_A_ROUND));
  for (let i = 0; i < rounds; i++) await round(i, Math.floor((kills * (i + 1)) / rounds) - Math.floor((kills * i) / rounds));
  totals.seconds = Math.round((performance.now() - begun) / 100) / 10;
  console.log(JSON.stringify(totals));
}

try {
  await main();
  process.exitCode = 0;
} catch (error) {
  console.error(`Seed ${seed}, ${totals.runtime}, ${totals.backend}, after ${totals.kills} kills and those of this round:`);
  console.error(error);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
  process.exit();
}
