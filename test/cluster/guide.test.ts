// What docs/guides/many-hosts.md shows works as it is written there.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished, vi } from "vitest";
import { tested } from "../suite/code.ts";
import { blocksIn, shownBy, written } from "../suite/documents.ts";
import { Program } from "../suite/program.ts";
import { NatsServer } from "./servers/server.ts";

const ADDRESS = "nats://127.0.0.1:4222";
const guide = readFileSync(new URL("../../docs/guides/many-hosts.md", import.meta.url), "utf8");

/** What a line of the guide says behind its beginning, which only one line has. */
function lineOf(beginning: string): string {
  const lines = guide.split("\n").filter((line) => line.startsWith(beginning));
  expect(lines, beginning).toHaveLength(1);
  return lines[0]?.slice(beginning.length) ?? "";
}

it("the producer and the consumer of the guide print what their comments say", async () => {
  await using server = await NatsServer.start();
  const blocks = blocksIn("docs/guides/many-hosts.md").map((block) => block.replace(ADDRESS, server.url));
  expect(blocks.length).toBe(2);
  // Deno finds the packages of NATS only for programs in a folder with a package.json.
  const programs = blocks.map((block, i) => new Program(["node", "bun"][i] ?? "", written(block)));
  for (const [i, program] of programs.entries()) {
    expect(await program.closed, program.stderr).toBe(0);
    expect(program.stdout.trim().replaceAll("\n", ", ")).toBe(shownBy(blocks[i] ?? ""));
  }
});

it("the example runs on one machine and, with one other line, on a cluster, and prints the same", async () => {
  await using server = await NatsServer.start();
  const [local, remote] = [lineOf("-  "), lineOf("+  ").replace(ADDRESS, server.url)];
  const example = readFileSync(new URL("../../examples/primes.ts", import.meta.url), "utf8");
  expect(example.split(local)).toHaveLength(2);
  const source = example.replace('"../mod.ts"', JSON.stringify(fileURLToPath(tested.module("mod"))));

  const folder = mkdtempSync(join(tmpdir(), "pp-hosts-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [here, there] = ["here", "there"].map((host) => join(folder, host)) as [string, string];
  for (const host of [here, there]) {
    mkdirSync(host);
    writeFileSync(join(host, "package.json"), '{ "name": "primes", "version": "1.0.0", "type": "module" }');
    writeFileSync(join(host, "primes.ts"), source.replace(local, remote));
  }
  writeFileSync(join(here, "local.ts"), source);

  const args = ["agent", ...lineOf("npx polyproc agent ").replace(ADDRESS, server.url).split(" ")];
  const agent = new Program("bun", fileURLToPath(tested.module("src/cli/polyproc")), { args, cwd: there });
  await vi.waitFor(() => expect(agent.stdout, agent.stderr).toContain("is ready"), { timeout: 20_000, interval: 20 });
  for (const name of ["local.ts", "primes.ts"]) {
    const program = new Program("node", join(here, name));
    expect(await program.closed, program.stderr).toBe(0);
    expect(program.stdout).toBe(`${lineOf("node primes.ts # ")}\n`);
    expect(program.files()).toEqual([]);
  }
  agent.child.kill("SIGTERM");
  expect(await agent.closed).toBe(0);
});
