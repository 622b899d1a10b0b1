// Runs the fuzz targets on this runtime: so many inputs, all made from a seed. With a target and the number of an input it repeats that one.
import { writeSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { runtime } from "../../../src/runtime/current.ts";
import { integer, readArguments, text, UsageError } from "../../../tools/arguments.ts";
import { Random } from "../../../tools/random.ts";
import { codec } from "./codec.ts";
import { handshakes } from "./handshake.ts";
import { hubs } from "./hub.ts";
import { listeners } from "./listener.ts";
import { checkPlain, watchPrototypes } from "./prototypes.ts";
import { remoteFrames } from "./remote-frames.ts";
import { secureSockets } from "./secure-socket.ts";
import { syncs } from "./sync.ts";
import type { Target } from "./target.ts";

/** An input that takes longer than this is a fault, also on a busy machine. */
const LIMIT_MS = 10_000;
const MOST_MEMORY = 1 << 30;
/** The expensive checks run once in so many inputs. */
const CHECK_EVERY = 500;

const all: readonly Target[] = [...codec, ...hubs, ...syncs, ...secureSockets, ...handshakes, ...remoteFrames, ...listeners];
const given = readArguments(
  "test/unit/fuzz/run.ts",
  {
    count: integer(100_000, 1),
    seed: integer(Date.now() % 2 ** 31),
    target: text(),
    input: integer(undefined, 0),
  },
  ({ target }) => {
    if (target !== undefined && !all.some(({ name }) => name === target))
      throw new UsageError(`There is no target "${target}". The targets are ${all.map(({ name }) => name).join(", ")}.`);
  },
);
const { count, seed, input } = given;
const targets = given.target === undefined ? all : all.filter(({ name }) => name === given.target);

// The numbers of the current target and input. A second thread watches them, because an input that never ends blocks this one.
const progress = new Int32Array(new SharedArrayBuffer(8));

/** The command that repeats one input. */
function repeatCommand(target: Target, at: number | "INPUT"): string {
  return `npm run fuzz -- --seed ${seed} --runtime ${runtime.name} --target ${target.name} --input ${at}`;
}

function watchdog(): Worker {
  const code = `
    const { workerData } = require("node:worker_threads");
    const { progress, limit, commands, pid } = workerData;
    let [target, input, since] = [-1, -1, Date.now()];
    setInterval(() => {
      const now = [Atomics.load(progress, 0), Atomics.load(progress, 1)];
      if (now[0] !== target || now[1] !== input) [target, input, since] = [...now, Date.now()];
      else if (Date.now() - since > limit) {
        require("node:fs").writeSync(2, "An input takes longer than " + limit + " ms. Repeat it: " + commands[target].replace("INPUT", input) + "\\n");
        process.kill(pid, "SIGKILL");
      }
    }, 250);`;
  const commands = targets.map((target) => repeatCommand(target, "INPUT"));
  const workerData = { progress, limit: LIMIT_MS, commands, pid: process.pid };
  return new Worker(code, { eval: true, workerData });
}

interface Outcome {
  readonly inputs: number;
  readonly accepted: number;
  readonly slowest: number;
}

async function fuzz(target: Target, number: number, inputs: number, first: number): Promise<Outcome> {
  const checkPrototypes = watchPrototypes();
  const memory = process.memoryUsage().rss;
  let accepted = 0;
  let slowest = 0;
  Atomics.store(progress, 0, number);
  let at = first;
  try {
    for (; at < first + inputs; at++) {
      Atomics.store(progress, 1, at);
      const start = performance.now();
      const outcome = target.run(new Random(seed, at));
      if (typeof outcome === "boolean" ? outcome : await outcome) accepted++;
      checkPlain();
      slowest = Math.max(slowest, performance.now() - start);
      if (at % CHECK_EVERY !== 0) continue;
      checkPrototypes();
      await target.check?.();
      // Gives the runtime a turn of the event loop, in which it frees what it can.
      await new Promise((resolve) => setImmediate(resolve));
      const grown = process.memoryUsage().rss - memory;
      if (grown > MOST_MEMORY) throw new Error(`the memory of this process has grown by ${grown >> 20} MiB`);
    }
    checkPrototypes();
    await target.check?.();
  } catch (error) {
    writeSync(
      2,
      `${target.name}, input ${at}: ${error instanceof Error ? error.stack : String(error)}\nRepeat it: ${repeatCommand(target, at)}\n`,
    );
    process.exit(1);
  }
  return { inputs, accepted, slowest };
}

const watcher = watchdog();
const whole = targets.reduce((sum, { share }) => sum + share, 0);
for (const [number, target] of targets.entries()) {
  const start = performance.now();
  const inputs = input === undefined ? Math.ceil((count * target.share) / whole) : 1;
  const outcome = await fuzz(target, number, inputs, input ?? 0);
  await target.close?.();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const { accepted, slowest } = outcome;
  console.log(
    `${runtime.name} ${target.name}: ${inputs} inputs, ${accepted} accepted, in ${seconds} s; the slowest took ${slowest.toFixed(0)} ms`,
  );
}
await watcher.terminate();
console.log(JSON.stringify({ seed, runtime: runtime.name, done: true }));
process.exit(0);
