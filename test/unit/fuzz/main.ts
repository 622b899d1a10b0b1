// Fuzzes what takes input of other processes: COUNT inputs made from SEED; with TARGET and INPUT, that one again.
import { writeSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { runtime } from "../../../src/runtime/current.ts";
import { codec } from "./codec.ts";
import { checkPlain, watchPrototypes } from "./guard.ts";
import { hubs } from "./hub.ts";
import { listeners } from "./listener.ts";
import { Random } from "./random.ts";
import { handshakes } from "./remote.ts";
import { remoteFrames } from "./remote-frames.ts";
import { sockets } from "./secure-socket.ts";
import { syncs } from "./sync.ts";
import type { Target } from "./target.ts";

/** An input that takes longer than this is a fault, also on a busy machine. */
const LIMIT = 10_000;
const MOST_MEMORY = 1 << 30;
const LOOK_EVERY = 500;

const [count = "100000", seed = `${Date.now() % 2 ** 31}`, only, input] = process.argv.slice(2);
const all: readonly Target[] = [...codec, ...hubs, ...syncs, ...sockets, ...handshakes, ...remoteFrames, ...listeners];
const targets = only === undefined ? all : all.filter(({ name }) => name === only);

// Which target, which input: for the thread that sees when neither moves.
const progress = new Int32Array(new SharedArrayBuffer(8));

function again(target: Target, at: number): string {
  return `node scripts/fuzz.mjs ${count} ${seed} ${runtime.name} ${target.name} ${at}`;
}

function watchdog(): Worker {
  const code = `
    const { workerData } = require("node:worker_threads");
    const { progress, limit, again, pid } = workerData;
    let [target, input, since] = [-1, -1, Date.now()];
    setInterval(() => {
      const now = [Atomics.load(progress, 0), Atomics.load(progress, 1)];
      if (now[0] !== target || now[1] !== input) [target, input, since] = [...now, Date.now()];
      else if (Date.now() - since > limit) {
        require("node:fs").writeSync(2, "an input takes longer than " + limit + " ms: " + again[target].replace("INPUT", input) + "\\n");
        process.kill(pid, "SIGKILL");
      }
    }, 250);`;
  const workerData = { progress, limit: LIMIT, again: targets.map((each) => again(each, -1).replace("-1", "INPUT")), pid: process.pid };
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
      const outcome = target.run(new Random(Number(seed), at));
      if (typeof outcome === "boolean" ? outcome : await outcome) accepted++;
      checkPlain();
      slowest = Math.max(slowest, performance.now() - start);
      if (at % LOOK_EVERY !== 0) continue;
      checkPrototypes();
      await target.check?.();
      // Lets what was freed be freed.
      await new Promise((resolve) => setImmediate(resolve));
      const grown = process.memoryUsage().rss - memory;
      if (grown > MOST_MEMORY) throw new Error(`the memory has grown by ${grown >> 20} MiB`);
    }
    checkPrototypes();
    await target.check?.();
  } catch (error) {
    writeSync(2, `${target.name}, input ${at}: ${error instanceof Error ? error.stack : String(error)}\nagain: ${again(target, at)}\n`);
    process.exit(1);
  }
  return { inputs, accepted, slowest };
}

const stuck = watchdog();
const whole = targets.reduce((sum, { share }) => sum + share, 0);
for (const [number, target] of targets.entries()) {
  const start = performance.now();
  const inputs = input === undefined ? Math.ceil((Number(count) * target.share) / whole) : 1;
  const outcome = await fuzz(target, number, inputs, Number(input ?? 0));
  await target.close?.();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const { accepted, slowest } = outcome;
  console.log(
    `${runtime.name} ${target.name}: ${inputs} inputs, ${accepted} taken for good, in ${seconds} s; the slowest ${slowest.toFixed(0)} ms`,
  );
}
await stuck.terminate();
console.log(JSON.stringify({ seed: Number(seed), runtime: runtime.name, done: true }));
process.exit(0);
