// `polyproc ps` on each runtime: it looks at a program that computes.
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Snapshot } from "../src/inspect/facts.ts";
import { tested } from "./suite/code.ts";
import { hasLibrary } from "./suite/library.ts";
import { Program } from "./suite/program.ts";

async function ps(runtime: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Program> {
  const program = new Program(runtime, fileURLToPath(tested.module("src/cli/polyproc")), { args: ["ps", ...args], env });
  await program.closed;
  return program;
}

async function computing(runtime: string, backend: string): Promise<{ readonly program: Program; readonly pid: string }> {
  const program = new Program(runtime, "computes", { env: { POLYPROC_BACKEND: backend } });
  return { program, pid: String(await program.json()) };
}

describe.each(["node", "deno", "bun"])("%s: polyproc ps", (runtime) => {
  it.skipIf(!hasLibrary())("shows a native program whose main thread computes, also while it is stopped", async () => {
    const { program, pid } = await computing(runtime, "native");
    process.kill(Number(pid), "SIGSTOP");
    const { stdout, stderr } = await ps(runtime, ["--json", pid]);
    const { processes, queues, locks, deadlocks } = JSON.parse(stdout || stderr) as Snapshot;
    expect(processes.map(({ name, state }) => [name, state === "stopped"])).toEqual([
      ["MainProcess", true],
      ["waiter", false],
    ]);
    expect(queues.find(({ numbers }) => numbers.size === 2)?.numbers).toMatchObject({ maxsize: 5, puts: 2, gets: 0 });
    expect(locks.filter(({ kind }) => kind === "lock")).toMatchObject([
      { kind: "lock", holders: [{ pid: Number(pid) }], waiters: [{ pid: processes[1]?.pid, call: "acquire" }] },
    ]);
    expect(deadlocks).toEqual([]);
    program.stop();
  });

  it("says that a portable program which computes does not answer, in lines that fit the terminal", async () => {
    const { program, pid } = await computing(runtime, "portable");
    const { stdout } = await ps(runtime, [pid], { TMPDIR: program.temp });
    expect(stdout).toMatch(/^PROCESSES \(2\)\n +PID {2}NAME/);
    expect(stdout).toMatch(new RegExp(`^ *${pid} {2}MainProcess +${runtime} +portable +does not answer`, "m"));
    expect(stdout).toMatch(/^ *\d+ {4}waiter +\w+ +portable +sleeping .* wait$/m);
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(120);
    program.stop();
  });

  it("says what is wrong with its arguments", async () => {
    for (const args of [["--all"], ["1", "2"], ["0"], ["x"]]) {
      const { child, stderr } = await ps(runtime, args);
      expect(child.exitCode).toBe(2);
      expect(stderr).toMatch(/^Usage: polyproc doctor\n {7}polyproc ps /);
    }
    const { child, stderr } = await ps(runtime, ["1"]);
    expect(child.exitCode).toBe(1);
    expect(stderr).toMatch(/^Process 1 is not there, belongs to another user, or does not use polyproc/);
  });
});
