// `polyproc ps` on each runtime: it looks at a program that computes.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Snapshot } from "../src/inspect/facts.ts";
import { tested } from "./suite/code.ts";
import { hasLibrary } from "./suite/library.ts";
import { Program } from "./suite/program.ts";

async function ps(runtime: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Program> {
  const program = new Program(runtime, CLI, { args: ["ps", ...args], env });
  await program.closed;
  return program;
}

async function computing(runtime: string, backend: string): Promise<{ readonly program: Program; readonly pid: string }> {
  const program = new Program(runtime, "computes", { env: { POLYPROC_BACKEND: backend } });
  return { program, pid: String(await program.json()) };
}

const CLI = fileURLToPath(tested.module("src/cli/polyproc"));
/** What a terminal gets before each table. */
const CLEAR = "\u001b[H\u001b[2J\u001b[3J";

/** Only calls of the native backend block. */
const DEADLOCKS = [
  ...(hasLibrary() ? ([["native", "certain", "acquireSync"]] as const) : []),
  ["portable", "possible", "acquire"],
] as const;

interface Circle {
  readonly program: Program;
  readonly pid: string;
}

/** Starts a program with 100 queues whose three children wait for each other. */
async function circle(runtime: string, backend: string): Promise<Circle> {
  const args = backend === "native" ? ["block"] : [];
  const program = new Program(runtime, "circle", { args, env: { POLYPROC_BACKEND: backend } });
  return { program, pid: String(await program.json()) };
}

/** Whether there is the command `script` of Linux, which gives a program a terminal. */
const HAS_TERMINAL = process.platform === "linux" && spawnSync("script", ["--version"]).status === 0;

/** A shell command that runs a program in a terminal of this size. */
function inTerminal(columns: number, rows: number): readonly string[] {
  return ["/bin/sh", "-c", `script -qec "stty cols ${columns} rows ${rows}; exec $*" /dev/null`, "sh"];
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

  it.each(DEADLOCKS)("names a deadlock between three processes: %s, %s", async (backend, kind, call) => {
    const { program, pid } = await circle(runtime, backend);
    const { child, stdout, stderr } = await ps(runtime, [pid], { TMPDIR: program.temp });
    expect([child.exitCode, stderr]).toEqual([0, ""]);
    const [head, ...steps] = (stdout.split("\n\n")[0] ?? "").split("\n");
    expect(head).toBe(`${kind} deadlock of 3:`);
    const form = new RegExp(`^  (holder-\\d \\(\\d+\\)) waits by ${call}\\(\\) for (R?Lock) (\\S+), which (holder-\\d \\(\\d+\\)) holds$`);
    const waits = steps.map((step) => form.exec(step)?.slice(1) ?? [step]);
    expect(waits.map(([waiter]) => waiter).sort()).toEqual([0, 1, 2].map((i) => expect.stringMatching(`^holder-${i} `)));
    // Each waits for the next one, by the lock that the table of locks shows too.
    for (const [i, [waiter, lock, id, holder]] of waits.entries()) {
      expect(holder).toBe(waits[(i + 1) % 3]?.[0]);
      const row = stdout.split("\n").find((line) => line.trim().startsWith(`${id} `) && line.includes(` ${lock} `));
      expect(row?.replaceAll(/ +/g, " ")).toContain(`${backend} ${holder} acquire: ${waiter}`);
    }
    expect(stdout.split("\n").filter((line) => /^ *\S+ +(native|portable) +\d+ +- /.test(line))).toHaveLength(100);
    program.stop();
  });

  it.skipIf(!HAS_TERMINAL)("--watch prints anew every second what fits the terminal, until Ctrl-C or until nobody reads", async () => {
    const { program, pid } = await circle(runtime, hasLibrary() ? "native" : "portable");
    const [files, processes] = [program.files(), program.left()];
    const args = ["ps", "--watch", pid];
    const watch = new Program(runtime, CLI, { args, stdin: "pipe", through: inTerminal(72, 30) });
    const unread = new Program(runtime, CLI, { args });
    const times: number[] = [];
    watch.child.stdout?.on("data", (text: string) => {
      if (text.includes(CLEAR)) times.push(performance.now());
    });
    await expect.poll(() => unread.stdout, { timeout: 20_000 }).toContain("PROCESSES (4)");
    unread.child.stdout?.destroy();
    await expect.poll(() => times.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(2);
    watch.child.stdin?.write("\u0003");
    expect(await watch.closed, watch.stdout).toBe(130);
    expect(await unread.closed, unread.stderr).toBe(0);
    expect([watch.stderr, unread.stderr]).toEqual(["", ""]);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(950);
    const [, first = "", second = ""] = watch.stdout.replaceAll("\r", "").split(CLEAR);
    for (const screen of [first, second]) {
      expect(screen).toMatch(/^(certain|possible) deadlock of 3:\n/);
      const [, ...tables] = screen.split("\n\n");
      expect(tables.map((table) => table.split(" ")[0])).toEqual(["PROCESSES", "QUEUES", "LOCKS"]);
      expect(screen).toMatch(/^\.\.\. and \d+ more$/m);
      for (const line of tables.join("\n").split("\n")) expect(line.length).toBeLessThanOrEqual(72);
      expect(screen.trimEnd().split("\n").length).toBeLessThanOrEqual(30);
    }
    expect([watch.left(), watch.files(), unread.left(), program.files(), program.left()]).toEqual([[], [], [], files, processes]);
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
