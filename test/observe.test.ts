// The variables POLYPROC_LOG and POLYPROC_TRACE, which a program obeys, and its children take over.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse } from "./cases/observe/helpers.ts";
import { hasLibrary } from "./suite/library.ts";
import { Program } from "./suite/program.ts";
import { RUNTIMES } from "./suite/runtimes.ts";
import { faultsOf, readTrace, type TraceEvent } from "./suite/trace-events.ts";

const backends = ["portable", ...(hasLibrary() ? ["native"] : [])];
const pairs = RUNTIMES.flatMap((runtime) => backends.map((backend) => [runtime, backend] as const));

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "pp-trace-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

describe.each(pairs)("%s, %s", (runtime, backend) => {
  it("the log and the trace of a tree whose processes are killed are whole", async () => {
    const cwd = folder();
    const trace = join(cwd, "trace.json");
    // What an earlier program has left is replaced.
    writeFileSync(trace, '[{"ph":');
    const env = { POLYPROC_BACKEND: backend, POLYPROC_LOG: "info", POLYPROC_TRACE: "trace.json" };
    const program = new Program(runtime, "observed.ts", { env, cwd });
    expect(await program.closed, program.stderr).toBe(0);
    expect(program.stdout).toBe("");

    const lines = parse(program.stderr);
    const saying = (text: RegExp): number => lines.filter((line) => text.test(line.text)).length;
    expect(saying(/^survived$/)).toBe(1);
    expect(saying(/^runs task 5 \(dieOnce\) again, because two-worker-/)).toBe(1);
    expect(saying(/^sends SIGKILL to busy, process \d+$/)).toBe(1);
    expect(saying(/^busy, process \d+, has ended by SIGKILL/)).toBe(1);
    expect(new Set(lines.map(({ level }) => level))).toEqual(new Set(["INFO"]));

    const events = readTrace(readFileSync(trace, "utf8"));
    expect(faultsOf(events)).toEqual([]);
    const named = new Map(events.filter(({ name }) => name === "process_name").map(({ pid, args }) => [pid, args?.name]));
    const slices = (name: string): TraceEvent[] => events.filter((event) => event.ph === "X" && event.name === name);
    // Each task lies on the track of its worker.
    const spins = slices("spin");
    expect(spins).toHaveLength(4);
    for (const { pid, dur = 0 } of spins) expect([named.get(pid), dur >= 1990]).toEqual([expect.stringMatching(/^two-worker-/), true]);
    expect(slices("dieOnce").map(({ args }) => args?.attempt)).toEqual([2]);
    // An arrow leads to it from the pool.
    const started = new Set(events.filter(({ ph }) => ph === "s").map(({ id }) => id));
    expect(events.filter(({ ph, id }) => ph === "f" && started.has(id)).length).toBeGreaterThanOrEqual(2);
    // Quick tasks share slices, which count them.
    const runs = slices("quicker");
    expect(runs.reduce((sum, { args }) => sum + Number(args?.tasks ?? 1), 0)).toBe(5000);
    expect(runs.length).toBeLessThan(2500);
    expect(slices("busy")[0]?.args).toEqual({ target: "forEver", exitCode: -9, signal: "SIGKILL" });
    const [root] = slices("MainProcess");
    expect(root?.ts).toBe(0);
    expect(root?.dur).toBeGreaterThanOrEqual(Math.max(...events.map(({ ts = 0 }) => ts)) - 1);
  });
});

it("a variable that makes no sense is explained once, and the program goes on", async () => {
  const env = { POLYPROC_LOG: "verbose", POLYPROC_TRACE: "/no/such/folder/trace.json" };
  const program = new Program("node", "simple.ts", { env });
  expect(await program.closed).toBe(0);
  const lines = program.stderr.trim().split("\n");
  expect(lines[0]).toBe('POLYPROC_LOG must be one of debug, info, warning, error, and it is "verbose": nothing is logged.');
  expect(lines[1]).toMatch(/^POLYPROC_TRACE: the trace ends here, because its file can't be written: ENOENT/);
  expect(lines).toHaveLength(2);
});
