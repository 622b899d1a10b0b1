import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { type Account, Oracle } from "../soak/oracle.ts";
import { tested } from "./suite/code.ts";
import { Program } from "./suite/program.ts";
import { RUNTIMES } from "./suite/runtimes.ts";
import { hasLibrary } from "./suite/suite.ts";

const KILLS = 30;
// A soak starts many processes. They share the code that Node has compiled.
const compiled = mkdtempSync(join(tmpdir(), "pp-compiled-"));

afterAll(() => rmSync(compiled, { recursive: true, force: true }));

describe.each(["native", "portable"])("%s: a short soak", (backend) => {
  const isAvailable = backend === "portable" || hasLibrary();
  it.skipIf(!isAvailable).each(RUNTIMES)(`%s: after ${KILLS} kills no item is lost, changed, doubled or out of order`, async (runtime) => {
    const program = new Program(runtime, fileURLToPath(tested.module("soak/driver")), {
      args: ["--kills", String(KILLS)],
      env: { POLYPROC_BACKEND: backend, NODE_COMPILE_CACHE: compiled },
    });
    const code = await program.closed;
    expect(program.stderr).toBe("");
    expect(code).toBe(0);
    const { kills, received } = (await program.json()) as { kills: number; received: number };
    expect(kills).toBe(KILLS);
    expect(received).toBeGreaterThan(0);
    expect(program.files()).toEqual([]);
  });
});

const clean: Account = { size: 0, puts: 3, gets: 3, lost: 0, redelivered: 0, participants: 1, unmarked: 0 };

function judge(account: Partial<Account>, gets: readonly string[], { redeliver = false, consumers = 1 } = {}): readonly string[] {
  const oracle = new Oracle(redeliver);
  oracle.addLog("producer", 1, "+1\n+2\n-3\n");
  for (let i = 0; i < consumers; i++) oracle.addLog("consumer", 2 + i, "");
  oracle.addGets("consumer", gets);
  oracle.compare({ ...clean, puts: 2, gets: 2, ...account });
  return oracle.wrong;
}

describe("the soak's oracle", () => {
  it("accepts every outcome that a kill may have", () => {
    expect(judge({}, ["1 1", "1 2"])).toEqual([]);
    expect(judge({ puts: 3 }, ["1 1", "1 2", "1 4"])).toEqual([]);
    expect(judge({ lost: 1, unmarked: 1 }, ["1 2"])).toEqual([]);
    expect(judge({ redelivered: 1 }, ["1 2", "1 1", "1 1"], { redeliver: true })).toEqual([]);
  });

  it.each([
    ["an item that came twice", judge({}, ["1 1", "1 1", "1 2"])],
    ["an item that came twice without a redelivery", judge({}, ["1 1", "1 1", "1 2"], { redeliver: true })],
    ["items out of order", judge({}, ["1 2", "1 1"])],
    ["an item whose put was refused", judge({ puts: 3 }, ["1 1", "1 2", "1 3"])],
    ["an item that nobody put", judge({ puts: 3 }, ["1 1", "1 2", "1 5"])],
    ["a lost item that the queue did not count", judge({}, ["1 1"])],
    ["a lost item although no consumer was killed", judge({ lost: 1, unmarked: 1 }, ["1 1"], { consumers: 0 })],
    ["a lost item of a queue that redelivers", judge({}, ["1 1"], { redeliver: true })],
    ["an item that is left in the queue", judge({ size: 1 }, ["1 1", "1 2"])],
    ["a dead process that still counts as a participant", judge({ participants: 2 }, ["1 1", "1 2"])],
  ])("finds %s", (_, wrong) => {
    expect(wrong.length).toBeGreaterThan(0);
  });

  it("repeats what a worker wrote down as wrong", () => {
    const oracle = new Oracle(false);
    oracle.addLog("holder", 1, "held\n!another worker entered while this one held the lock\n");
    expect(oracle.wrong).toEqual(["holder 1: another worker entered while this one held the lock"]);
  });
});
