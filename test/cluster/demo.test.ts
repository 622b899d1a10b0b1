// `npm run demo -- --cluster` counts what one machine counts, and leaves nothing behind.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished, vi } from "vitest";
import { Program } from "../suite/program.ts";
import { networkFault } from "./hosts/network.ts";

const demo = fileURLToPath(new URL("../../scripts/demo/demo.ts", import.meta.url));

// Each test starts a dozen processes, which takes a while if other tests do so, too.
const LIMIT = 120_000;
vi.setConfig({ testTimeout: LIMIT });

/** Starts the demo with so much text that each worker has several tasks. */
function start(through: readonly string[] = []): Program {
  const folder = mkdtempSync(join(tmpdir(), "pp-texts-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (let i = 0; i < 24; i++) writeFileSync(join(folder, `${i}.txt`), `alpha beta word${"abc"[i % 3]} `.repeat(14_000));
  return new Program("node", demo, { args: ["--cluster", folder], through });
}

it("counts on three hosts, one of which loses its power, what one machine counts", async ({ skip }) => {
  const fault = await networkFault();
  skip(fault !== undefined, fault);
  const program = start();
  expect(await program.closed, program.stdout + program.stderr).toBe(0);
  expect(program.stdout).toContain("host b: its cable is cut");
  expect(program.stdout).toMatch(/Workers that were lost: [2-9]\. Tasks that ran again elsewhere: [1-9]\.\n\n24 files, 5 different words/);
  expect(program.stdout).toMatch(/The cluster found the same words as this machine\.\n$/);
  expect(program.files()).toEqual([]);
});

it("runs its agents as processes where no hosts can be simulated", async ({ skip }) => {
  // In a user namespace of its own nobody may change the network.
  const namespace = spawnSync("unshare", ["--user", "true"]);
  skip(namespace.status !== 0, "no user namespace can be made here");
  const program = start(["unshare", "--user"]);
  expect(await program.closed, program.stdout + program.stderr).toBe(0);
  expect(program.stdout).toMatch(/three agents as processes of this machine, because .*\n/);
  expect(program.stdout).toContain("host b: its agent is killed");
  expect(program.stdout).toMatch(/Workers that were lost: [2-9]\. [\s\S]*The cluster found the same words as this machine\.\n$/);
  expect(program.files()).toEqual([]);
});

it("leaves nothing behind when Ctrl-C ends it", async () => {
  const program = start();
  await vi.waitFor(() => expect(program.stdout, program.stderr).toContain("the cluster: "), { timeout: LIMIT, interval: 20 });
  program.child.kill("SIGINT");
  expect(await program.closed).toBe("SIGINT");
  await program.gone(30_000);
  expect(program.files()).toEqual([]);
});
