import assert from "node:assert/strict";
import { realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { getContext, ProcessError, setExecutable } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { until } from "../helpers/signals.ts";
import { endSpares, readySpares } from "./helpers.ts";

const { Process: Warm } = getContext("forkserver");

interface Surroundings {
  readonly variable: string | undefined;
  readonly cwd: string;
  readonly umask: number;
}

export function surroundings(): Surroundings {
  return { variable: process.env.PP_ROUND, cwd: process.cwd(), umask: process.umask() };
}

export function pidHere(): number {
  return process.pid;
}

/** Runs a process, so that spares are started after it. Returns their pids. */
async function sparesAfterFirst(): Promise<number[]> {
  const p = new Warm({ target: pidHere });
  await p.start();
  await p.join();
  return readySpares();
}

/** Sends all spares this signal, and then starts a process. Returns the pids of the spares and of the process. */
async function startAmong(signal: "SIGKILL" | "SIGSTOP"): Promise<{ spares: number[]; pid: number }> {
  const spares = await sparesAfterFirst();
  for (const pid of spares) process.kill(pid, signal);
  const p = new Warm({ target: pidHere });
  await p.start();
  const pid = await p.result({ timeout: 10_000 });
  assert.equal(pid, p.pid);
  assert.equal(await p.join(), 0);
  endSpares();
  return { spares, pid };
}

export const cases: Cases = {
  "a process has the environment, working folder and umask of its start(), by both start methods": slow(async () => {
    const before = { cwd: process.cwd(), umask: process.umask() };
    const starts = async (method: "spawn" | "forkserver", round: string, cwd: string, umask: number): Promise<void> => {
      process.env.PP_ROUND = round;
      process.chdir(cwd);
      process.umask(umask);
      const p = new (getContext(method).Process)({ target: surroundings });
      const start = p.start();
      // What changes after the call of `start()` is too late for this child.
      delete process.env.PP_ROUND;
      process.chdir("/usr");
      await start;
      assert.deepEqual(await p.result(), { variable: round, cwd, umask });
      assert.equal(await p.join(), 0);
      process.env.PP_ROUND = round;
      process.chdir(cwd);
    };
    try {
      await starts("spawn", "1", "/", 0o27);
      await starts("forkserver", "2", "/", 0o27);
      await readySpares();
      await starts("forkserver", "3", "/", 0o27);
      await readySpares();
      await starts("forkserver", "3", realpathSync(tmpdir()), 0o27);
      await readySpares();
      await starts("forkserver", "3", realpathSync(tmpdir()), 0o77);
    } finally {
      process.chdir(before.cwd);
      process.umask(before.umask);
      delete process.env.PP_ROUND;
      endSpares();
    }
  }),
  "a spare is taken if the process would be started in the same way": slow(async () => {
    await sparesAfterFirst();
    // A spare that still boots is not taken.
    await until(async () => {
      const spares = await readySpares();
      const p = new Warm({ target: pidHere, cwd: process.cwd(), env: {}, stdout: "inherit" });
      await p.start();
      const pid = await p.result();
      assert.equal(await p.join(), 0);
      return spares.includes(pid);
    });
    endSpares();
  }),
  "an executable that can't be run is refused although a spare of the other one is ready": slow(async () => {
    await sparesAfterFirst();
    setExecutable("/nowhere/runtime");
    try {
      await assert.rejects(new Warm({ target: pidHere }).start(), ProcessError);
    } finally {
      setExecutable(null);
      endSpares();
    }
  }),
  "spares of a previous environment are ended": slow(async () => {
    const spares = await sparesAfterFirst();
    process.env.PP_ROUND = "later";
    try {
      const p = new Warm({ target: pidHere });
      await p.start();
      assert.ok(!spares.includes(await p.result()), "a spare of the previous environment was taken");
      await p.join();
      await until(async () => (await readySpares()).every((pid) => !spares.includes(pid)));
    } finally {
      delete process.env.PP_ROUND;
      endSpares();
    }
  }),
  "a spare that was killed a moment ago is not handed out": slow(async () => {
    const { spares, pid } = await startAmong("SIGKILL");
    assert.ok(!spares.includes(pid));
  }),
  "a spare that is stopped is not handed out, and is ended": slow(async () => {
    const { spares, pid } = await startAmong("SIGSTOP");
    assert.ok(!spares.includes(pid));
    await until(() => !spares.some(exists));
  }),
};

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
