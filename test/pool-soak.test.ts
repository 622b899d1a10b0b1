import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { type Asked, type Outcome, PoolOracle } from "../soak/pool/oracle.ts";
import type { RunRecord } from "../soak/pool/records.ts";
import { tested } from "./suite/code.ts";
import { Program } from "./suite/program.ts";
import { RUNTIMES } from "./suite/runtimes.ts";
import { hasLibrary } from "./suite/suite.ts";

const KILLS = 50;
const LIMIT_MS = 200_000;
// A soak starts many processes. They share the code that Node has compiled.
const compiled = mkdtempSync(join(tmpdir(), "pp-compiled-"));

afterAll(() => rmSync(compiled, { recursive: true, force: true }));

describe.each(["native", "portable"])("%s: a short soak of Pool", (backend) => {
  const isAvailable = backend === "portable" || hasLibrary();
  it.skipIf(!isAvailable).each(RUNTIMES)(
    `%s: after ${KILLS} kills each task has settled, and ran as often as it may`,
    async (runtime) => {
      const program = new Program(runtime, fileURLToPath(tested.module("soak/pool/driver")), {
        args: ["--kills", String(KILLS)],
        env: { POLYPROC_BACKEND: backend, NODE_COMPILE_CACHE: compiled },
      });
      const code = await program.closed;
      expect(program.stderr).toBe("");
      expect(code).toBe(0);
      const { kills, values, died } = (await program.json()) as { kills: number; values: number; died: number };
      expect(kills).toBe(KILLS);
      expect(values).toBeGreaterThan(0);
      expect(died).toBeGreaterThan(0);
      expect(program.files()).toEqual([]);
    },
    LIMIT_MS,
  );
});

const KILLED = 11;
const LIVING = 12;

function begins(task: number, pid = LIVING, attempt = 1, at = 0): RunRecord {
  return { kind: "begins", task, attempt, pid, at };
}

function ends(task: number, pid = LIVING, attempt = 1): RunRecord {
  return { ...begins(task, pid, attempt), kind: "ends" };
}

function judge(tasks: readonly (Outcome & Partial<Pick<Asked, "retries" | "key">>)[], records: readonly RunRecord[]): readonly string[] {
  const oracle = new PoolOracle();
  oracle.killed(KILLED);
  for (const [i, { retries = 0, key, ...outcome }] of tasks.entries())
    oracle.asked({ task: i + 1, retries, key, isDeadly: false, outcome: outcome as Outcome });
  oracle.compare(records);
  return oracle.wrong;
}

const VALUE = { is: "value", attempt: 1, pid: LIVING } as const;
const DIED = { is: "worker died", pid: KILLED } as const;
const GIVEN_UP = { is: "given up", at: 0 } as const;

describe("the soak's oracle of Pool", () => {
  it("accepts every outcome that a kill may have", () => {
    expect(judge([VALUE], [begins(1), ends(1)])).toEqual([]);
    expect(judge([DIED, DIED], [begins(1, KILLED), begins(2, KILLED), ends(2, KILLED)])).toEqual([]);
    expect(judge([DIED], [])).toEqual([]);
    expect(judge([GIVEN_UP, GIVEN_UP], [begins(1)])).toEqual([]);
    expect(judge([{ ...VALUE, attempt: 2, retries: 1 }], [begins(1, KILLED), begins(1, LIVING, 2), ends(1, LIVING, 2)])).toEqual([]);
    expect(judge([{ is: "own error", pid: LIVING }, { is: "refused" }], [begins(1)])).toEqual([]);
  });

  const keyed = { ...VALUE, key: "a" };
  it.each([
    ["a task that ran twice", judge([VALUE], [begins(1), begins(1), ends(1)])],
    [
      "a task that ran again without retries",
      judge([{ ...VALUE, attempt: 2 }], [begins(1, KILLED), begins(1, LIVING, 2), ends(1, LIVING, 2)]),
    ],
    [
      "a task that ran again although its worker lives",
      judge([{ ...VALUE, attempt: 2, retries: 1 }], [begins(1), begins(1, LIVING, 2), ends(1, LIVING, 2)]),
    ],
    ["a result without a run", judge([VALUE], [])],
    ["a result before the function has ended", judge([VALUE], [begins(1)])],
    ["a result of another worker", judge([VALUE], [begins(1, 13), ends(1, 13)])],
    ["a task that was lost with a living worker", judge([{ is: "worker died", pid: LIVING }], [begins(1)])],
    ["a task that was lost with another worker than its own", judge([DIED], [begins(1)])],
    ["a task that began long after it was given up", judge([GIVEN_UP], [begins(1, LIVING, 1, 10_000)])],
    ["a task that ran although the pool refused it", judge([{ is: "refused" }], [begins(1)])],
    ["a task for which nobody asked", judge([VALUE], [begins(1), ends(1), begins(2)])],
    ["tasks of one key out of order", judge([keyed, keyed], [begins(2), ends(2), begins(1), ends(1)])],
    ["tasks of one key at once", judge([keyed, keyed], [begins(1), begins(2), ends(1), ends(2)])],
  ])("finds %s", (_, wrong) => {
    expect(wrong.length).toBeGreaterThan(0);
  });
});
