import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { type Account, Oracle } from "../soak/oracle.ts";
import { Program } from "./suite/program.ts";
import { hasLibrary } from "./suite/suite.ts";

const KILLS = 50;
// What was compiled once need not be compiled again by every one of so many processes.
const compiled = mkdtempSync(join(tmpdir(), "pp-compiled-"));
const main = fileURLToPath(new URL("../soak/main.ts", import.meta.url));

afterAll(() => rmSync(compiled, { recursive: true, force: true }));

describe.each(["native", "portable"])("%s: a short soak", (backend) => {
  const isHere = backend === "portable" || hasLibrary();
  it.skipIf(!isHere).each(["node", "deno", "bun"])(
    `%s: ${KILLS} kills, and nothing comes twice, changed, out of order or not at all`,
    async (runtime) => {
      const program = new Program(runtime, main, {
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
    },
  );
});

const clean: Account = { size: 0, puts: 3, gets: 3, lost: 0, redelivered: 0, participants: 1, unmarked: 0 };

function judge(account: Partial<Account>, gets: readonly string[], { redeliver = false, consumers = 1 } = {}): readonly string[] {
  const oracle = new Oracle(redeliver);
  oracle.take("producer", 1, "+1\n+2\n-3\n");
  for (let i = 0; i < consumers; i++) oracle.take("consumer", 2 + i, "");
  oracle.takeGets("consumer", gets);
  oracle.compare({ ...clean, puts: 2, gets: 2, ...account });
  return oracle.wrong;
}

describe("the soak's oracle", () => {
  it("accepts what may be", () => {
    expect(judge({}, ["1 1", "1 2"])).toEqual([]);
    expect(judge({ puts: 3 }, ["1 1", "1 2", "1 4"])).toEqual([]);
    expect(judge({ lost: 1, unmarked: 1 }, ["1 2"])).toEqual([]);
    expect(judge({ redelivered: 1 }, ["1 2", "1 1", "1 1"], { redeliver: true })).toEqual([]);
  });

  it.each([
    ["twice", judge({}, ["1 1", "1 1", "1 2"])],
    ["twice without a redelivery", judge({}, ["1 1", "1 1", "1 2"], { redeliver: true })],
    ["out of order", judge({}, ["1 2", "1 1"])],
    ["although its put was refused", judge({ puts: 3 }, ["1 1", "1 2", "1 3"])],
    ["from nowhere", judge({ puts: 3 }, ["1 1", "1 2", "1 5"])],
    ["not at all, uncounted", judge({}, ["1 1"])],
    ["not at all, counted, and nobody was killed", judge({ lost: 1, unmarked: 1 }, ["1 1"], { consumers: 0 })],
    ["not at all from a queue that redelivers", judge({}, ["1 1"], { redeliver: true })],
    ["and is still in the queue", judge({ size: 1 }, ["1 1", "1 2"])],
    ["and a dead process counts as a participant", judge({ participants: 2 }, ["1 1", "1 2"])],
  ])("refuses what came %s", (_, wrong) => {
    expect(wrong.length).toBeGreaterThan(0);
  });

  it("refuses what a worker saw to be wrong", () => {
    const oracle = new Oracle(false);
    oracle.take("holder", 1, "held\n!somebody else came into the lock\n");
    expect(oracle.wrong).toEqual(["holder 1: somebody else came into the lock"]);
  });
});
