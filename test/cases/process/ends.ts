import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { activeChildren, Process, ProcessDiedError, parentProcess, Queue } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { rejects, run, started } from "../../suite/help.ts";
import { stay } from "../../suite/sync.ts";
import { echoArgs, untilTold } from "./helpers.ts";

export async function watchParent(reports: Queue<string>): Promise<void> {
  const parent = parentProcess();
  await reports.put(parent?.isAlive() === true ? "alive" : "not alive");
  await parent?.join({ timeout: 10_000 });
  await reports.put(parent?.isAlive() === true ? "alive" : "not alive");
}

export async function startWatcher(reports: Queue<string>): Promise<void> {
  const child = new Process({ target: watchParent, args: [reports], detached: true });
  await child.start();
  await stay();
}

export function exitWith(code: number): void {
  process.exit(code);
}

export function setExitCode(code: number): void {
  process.exitCode = code;
}

export function writeAtExit(file: string): void {
  process.on("exit", () => writeFileSync(file, "exit handler ran"));
}

export async function stayForTimer(q: Queue<string>): Promise<void> {
  setTimeout(() => void q.put("late"), 100);
  setInterval(() => {}, 1000).unref?.();
}

export async function signalMe(ready: Queue): Promise<number> {
  let signals = 0;
  process.on("SIGUSR2", () => void ready.put(++signals));
  await ready.put(process.pid);
  while (signals < 3) await delay(5);
  return signals;
}

export const cases: Cases = {
  "a parent's end is seen by its detached child (test_parent_process)": slow(async () => {
    const reports = new Queue<string>();
    const p = await started({ target: startWatcher, args: [reports] });
    assert.equal(await reports.get(), "alive");
    p.terminate();
    assert.equal(await p.join(), -15);
    assert.equal(await reports.get({ timeout: 5000 }), "not alive");
  }),
  "terminate: join(0), join(-1) return at once; -15 (test_terminate)": async () => {
    const ready = new Queue();
    const p = await started({ target: untilTold, args: [ready] });
    assert.equal(await p.join({ timeout: 0 }), null);
    assert.equal(await p.join({ timeout: -1 }), null);
    assert.equal(p.isAlive(), true);
    p.terminate();
    assert.equal(await p.join(), -15);
    assert.equal(p.exitCode, -15);
    assert.equal(await p.join(), -15);
    p.terminate();
    p.kill();
    assert.equal(p.exitCode, -15);
    assert.equal(activeChildren().includes(p as never), false);
    const error = (await rejects(p.result(), ProcessDiedError)) as ProcessDiedError;
    assert.deepEqual([error.pid, error.exitCode, error.signal], [p.pid, -15, "SIGTERM"]);
  },
  "kill: -9 (test_kill)": async () => {
    const p = await started({ target: stay });
    p.kill();
    assert.equal(await p.join(), -9);
  },
  "many processes, then many killed at once (test_many_processes)": slow(async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => started({ target: echoArgs })));
    for (const p of all) assert.equal(await p.join(), 0);
    const killed = await Promise.all(Array.from({ length: 6 }, () => started({ target: stay })));
    for (const p of killed) p.terminate();
    for (const p of killed) assert.equal(await p.join(), -15);
  }),
  "exit codes: process.exit, exitCode, nothing (test_sys_exit)": slow(async () => {
    for (const code of [0, 1, 8]) {
      const p = await started({ target: exitWith, args: [code] });
      assert.equal(await p.join(), code);
      const error = (await rejects(p.result(), ProcessDiedError)) as ProcessDiedError;
      assert.equal(error.exitCode, code);
    }
    const p = await started({ target: setExitCode, args: [7] });
    assert.equal(await p.result(), undefined);
    assert.equal(await p.join(), 7);
  }),
  "exit handlers of the child run (test_atexit)": async () => {
    const file = join(tmpdir(), `atexit-${process.pid}`);
    await run({ target: writeAtExit, args: [file] });
    assert.equal(readFileSync(file, "utf8"), "exit handler ran");
    (await import("node:fs")).rmSync(file);
  },
  "pending work keeps the child, unref'd work does not (test_wait_for_threads)": async () => {
    const q = new Queue<string>();
    const p = await started({ target: stayForTimer, args: [q] });
    assert.equal(await p.join({ timeout: 10_000 }), 0);
    assert.equal(await q.getNowait(), "late");
  },
  "signals with a handler break nothing (test_poll_eintr, test_ignore)": async () => {
    const ready = new Queue<number>();
    const p = await started({ target: signalMe, args: [ready] });
    const pid = await ready.get();
    const joining = p.join();
    for (let i = 0; i < 3; i++) {
      process.kill(pid, "SIGUSR2");
      assert.equal(await ready.get({ timeout: 5000 }), i + 1);
    }
    assert.equal(await p.result({ timeout: 10_000 }), 3);
    assert.equal(await joining, 0);
  },
};
