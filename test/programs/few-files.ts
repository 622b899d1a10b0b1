// Starts a process with 0, 1, 2... free descriptors until these are enough. Prints the error of each failure, and how many descriptors it leaked.
import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { isMain, Process, ProcessError, Queue } from "../../mod.ts";

const MOST = 60;
const ROUNDS = 3;

export function take(_q: Queue<number>): void {}

const hogs: number[] = [];

/** Opens files until the limit is reached, and gives their number. */
function hog(): number {
  for (let count = 0; ; count++) {
    try {
      hogs.push(openSync("/dev/null", "r"));
    } catch {
      return count;
    }
  }
}

function free(count: number): void {
  for (const fd of hogs.splice(hogs.length - count)) closeSync(fd);
}

async function attempt(q: Queue<number>): Promise<string | null> {
  const child = new Process({ target: take, args: [q], stdout: "null", stderr: "null" });
  try {
    await child.start();
    await child.result({ timeout: 20_000 });
    return null;
  } catch (error) {
    if (!(error instanceof ProcessError)) throw error;
    return error.message;
  } finally {
    if (child.pid !== null) await child.join();
  }
}

/** Waits until `count` descriptors are free again, and gives the number of free ones. Some are closed only by a later event. */
async function freeAgain(count: number): Promise<number> {
  let free = hog();
  for (let tries = 0; free < count && tries < 100; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    free += hog();
  }
  return free;
}

async function main(): Promise<void> {
  const q = new Queue<number>();
  // This opens everything that a process opens once and keeps.
  await attempt(q);
  spawnSync("prlimit", [`--pid=${process.pid}`, "--nofile=200:200"]);
  hog();
  const failures: { spare: number; message: string }[] = [];
  let leaked = 0;
  let message: string | null = "";
  for (let spare = 0; message !== null && spare <= MOST; spare++) {
    let least = spare;
    // A runtime sometimes opens a file for itself. A real leak happens each time.
    for (let round = 0; round < ROUNDS; round++) {
      free(spare);
      message = await attempt(q);
      least = Math.min(least, spare - (await freeAgain(spare)));
    }
    if (message !== null) failures.push({ spare, message });
    // A runtime may also have closed a file that it had opened for itself.
    leaked += Math.max(0, least);
  }
  free(hogs.length);
  await q.put(7);
  console.log(JSON.stringify({ failures, leaked, after: await attempt(q), item: await q.get() }));
}

if (isMain(import.meta)) await main();
