// Ends worker threads that hold a lock and a connection and have children, and looks at what becomes of these.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { type Connection, capabilities, type Event, isMain, type Lock } from "../../mod.ts";
import { stay } from "../suite/sync.ts";

// A thread that leaves something open leaves at least one descriptor in each round, so all rounds together leave more than a runtime opens
// for good with its first threads.
const ROUNDS = 6;
const OF_RUNTIME = 3;

export async function stayForever(): Promise<void> {
  await stay();
}

/** Notes in a file how the thread's end looks from outside. */
export async function watchThread(lock: Lock, conn: Connection<string>, ready: Event, file: string): Promise<void> {
  await conn.recv();
  await ready.set();
  const end = await conn.recv({ timeout: 10_000 }).catch((error: Error) => error.name);
  const acquired = await lock.acquire({ timeout: 10_000 }).catch((error: Error) => error.name);
  writeFileSync(`${file}.new`, JSON.stringify([end, acquired, lock.abandoned]));
  writeFileSync(file, readFileSync(`${file}.new`));
}

/** Whether the process runs. A zombie does not. */
function runs(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** The number of open descriptors of the kinds that this library opens. Runtimes open files of their own now and then. */
function descriptors(): number {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return /^(socket|anon_inode:\[pidfd|\/memfd)/.test(readlinkSync(`/proc/self/fd/${fd}`));
    } catch {
      return false;
    }
  }).length;
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    assert.ok(tries < 500, what);
    await delay(20);
  }
}

async function endThread(file: string): Promise<{ child: number; watcher: number }> {
  const worker = new Worker(new URL(import.meta.url.replace("thread-parent", "thread-ends")), { workerData: file });
  const pids = await new Promise<{ child: number; watcher: number }>((resolve, reject) => {
    worker.on("message", resolve);
    worker.on("error", reject);
  });
  assert.ok(runs(pids.child));
  await worker.terminate();
  return pids;
}

if (isMain(import.meta)) {
  const folder = mkdtempSync(join(tmpdir(), "threads-"));
  const isNative = capabilities().backend === "native";
  let first: number | undefined;
  for (let round = 0; round < ROUNDS; round++) {
    const file = join(folder, String(round));
    const { child, watcher } = await endThread(file);
    await until(() => !runs(child), "the thread's child goes on");
    await until(() => existsSync(file) && readFileSync(file, "utf8") !== "", "nobody saw the thread end");
    // The portable backend's objects lived in the thread, and are gone with it.
    const expected = isNative ? ["EOFError", true, true] : ["OwnerDiedError", "OwnerDiedError", false];
    assert.deepEqual(JSON.parse(readFileSync(file, "utf8")), expected);
    await until(() => !runs(watcher), "the detached child goes on");
    first ??= descriptors();
  }
  const most = (first ?? 0) + OF_RUNTIME;
  await until(() => descriptors() <= most, "threads that ended have left descriptors open");
  rmSync(folder, { recursive: true });
  console.log("all is gone");
  process.exit(0);
}
