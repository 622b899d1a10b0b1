// Kills random processes of whole trees: parents, children and hubs. Fails if processes or folders are left in the end.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { choice, integer, readArguments } from "../../tools/arguments.ts";
import { kill, killTagged, TAG, taggedProcesses } from "../../tools/processes.ts";
import { commandLine, RUNTIMES } from "../suite/runtimes.ts";

const LIFE_MS = 3000;
const SHORTEST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 450;
/** A child's watcher and the hub's folder need this long after the last kill. */
const SETTLED_WITHIN_MS = 1500;
/** A start removes the folders of dead hubs only when they are at least this old. */
const FOLDER_AGE_MS = 10_000;

const program = fileURLToPath(new URL("../programs/chaos.ts", import.meta.url));
const { seconds, runtime: only } = readArguments("npm run chaos --", { seconds: integer(60, 1), runtime: choice(RUNTIMES) });
const runtimes = only === undefined ? RUNTIMES : [only];
const temp = mkdtempSync(join(tmpdir(), "pp-chaos-"));
const tag = randomUUID();
let kills = 0;
let trees = 0;

/** Starts a tree of processes. The promise settles when its root has ended. */
function startTree(runtime: string): Promise<unknown> {
  const [file, args] = commandLine(runtime, program);
  const child = spawn(file, args, { env: { ...process.env, TMPDIR: temp, [TAG]: tag }, stdio: "ignore" });
  return new Promise((resolve) => child.on("exit", resolve));
}

/** Kills random processes, of any tree, until a tree of its own has ended; kills all of them if that takes too long. */
async function killOneTree(runtime: string): Promise<void> {
  trees++;
  let isOver = false;
  const ended = startTree(runtime).then(() => {
    isOver = true;
  });
  const until = Date.now() + LIFE_MS;
  while (!isOver && Date.now() < until) {
    await delay(SHORTEST_WAIT_MS + Math.random() * (LONGEST_WAIT_MS - SHORTEST_WAIT_MS));
    const pids = taggedProcesses(tag);
    const victim = pids[Math.floor(Math.random() * pids.length)];
    if (victim === undefined) continue;
    kill(victim);
    kills++;
  }
  if (!isOver) killTagged(tag);
  await ended;
}

const end = Date.now() + 1000 * seconds;
await Promise.all(
  runtimes.map(async (runtime) => {
    while (Date.now() < end) await killOneTree(runtime);
  }),
);
await delay(SETTLED_WITHIN_MS);
const processes = taggedProcesses(tag).length;
// A tree that was killed as a whole leaves its folder. The next program removes it at its start.
await delay(FOLDER_AGE_MS);
await startTree("node");
await delay(500);
const folders = readdirSync(temp).length;
rmSync(temp, { recursive: true, force: true });
console.log(
  `${kills} random kills in ${trees} trees on ${runtimes.join(", ")} within ${seconds} s: ${processes} processes and ${folders} folders are left.`,
);
process.exit(processes + folders === 0 ? 0 : 1);
