import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { batchesIn } from "../examples/index-files.ts";
import { compileC } from "../scripts/demo/plain-c.ts";
import { tested } from "./suite/code.ts";
import { Program } from "./suite/program.ts";
import { RUNTIMES } from "./suite/runtimes.ts";
import { hasLibrary } from "./suite/suite.ts";

const path = (name: string): string => fileURLToPath(tested.module(name));
const example = (name: string): string => path(`examples/${name}`);

const expected: Readonly<Record<string, RegExp>> = {
  "ping-pong": /ping 9, pong 10\nthe other player ended with 0\n$/,
  "producer-consumer": /consumer-1 ended with 0\nconsumer-2 ended with 0\nthe sum of the squares is 385\n$/,
  subclass: /^HELLO\nSTRASSE\nUpper-1 replied 2 times\n$/,
  bank: /^3 runtimes, .*\n[1-9]\d+ transfers, .*\nthe sum is 64000; it is right: true\n$/,
  "monte-carlo": /^16 tasks with 500000 points each, up to \d+ at a time: pi is about 3\.1416\n$/,
  primes: /^78498 primes below 1000000\n$/,
  crawl: /^60 pages found, 61 links lead nowhere\n$/,
  "pool-server":
    /^1229 primes below 10000\nprimes below 1000000000: the client has gone away\n9592 primes below 100000\n1 task was given up\n$/,
  // On the portable backend a result may wait a millisecond in its worker, and is lost if the next task ends that.
  flaky:
    /^picture 1: done in attempt \d\npicture 2: done in attempt [23]\n[\s\S]*picture 7: crashed each time\n.*\n5 workers died, \d+ tasks ran again, 1 failed\n$/,
  "mixed-tree": /^bun: 1208925819614629174706176, 1970, 2 3 5\ndeno: .*\nnode: .*\n$/,
};

/** Makes a folder with 30 text files and two others, in it and in a folder inside. */
function textFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "pp-texts-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "inner"));
  for (let i = 0; i < 30; i++)
    writeFileSync(
      join(folder, i % 2 === 0 ? "inner" : ".", `file${i}.${["md", "ts", "txt"][i % 3]}`),
      `Alpha beta ${"gamma ".repeat(i)} x é éé`,
    );
  for (const name of ["inner/one.bin", "two.bin"]) writeFileSync(join(folder, name), "same");
  return folder;
}

function bytesOf(folder: string): number {
  const files = readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

it("the C program beside the demo counts the same words", ({ skip }) => {
  const folder = textFolder();
  const count = compileC(folder);
  if (typeof count === "string") return skip(count);
  for (const processes of [1, 3]) expect(count(batchesIn(folder), processes)).toMatchObject({ files: 30, words: 4 });
});

it.each(["SIGINT", "SIGTERM"] as const)("the demo removes its files when %s ends it", async (signal) => {
  const program = new Program("node", fileURLToPath(new URL("../scripts/demo/demo.ts", import.meta.url)), { args: [textFolder()] });
  // The example runs as soon as it has printed something after its name.
  await expect.poll(() => program.stdout, { timeout: 30_000 }).toMatch(/== node\n./);
  const own = (): string[] => program.files().filter((name) => name.startsWith("polyproc-demo-"));
  expect(own()).toHaveLength(1);
  program.child.kill(signal);
  expect(await program.closed).toBe(signal);
  await program.gone(5000);
  expect(own()).toEqual([]);
});

describe.each(RUNTIMES)("%s: examples", (runtime) => {
  for (const [name, output] of Object.entries(expected)) {
    it(name, async () => {
      const program = new Program(runtime, example(name));
      expect(await program.closed, program.stderr).toBe(0);
      expect(program.stdout).toMatch(output);
      expect(program.files()).toEqual([]);
    });
  }

  it.skipIf(!hasLibrary()).each(["bank", "flaky", "pool-server"])("%s, native", async (name) => {
    const program = new Program(runtime, example(name), { env: { POLYPROC_BACKEND: "native" } });
    expect(await program.closed, program.stderr).toBe(0);
    expect(program.stdout).toMatch(expected[name] as RegExp);
    if (name === "flaky") expect(program.stdout).toMatch(/5 workers died, 4 tasks ran again, 1 failed\n$/);
    expect(program.files()).toEqual([]);
  });

  it("hash-folder finds files with the same contents", async () => {
    const folder = textFolder();
    const program = new Program(runtime, example("hash-folder"), { args: [folder] });
    expect(await program.closed, program.stderr).toBe(0);
    const hash = createHash("sha256").update("same").digest("hex").slice(0, 8);
    expect(program.stdout).toBe(
      `${hash}: ${join(folder, "inner/one.bin")}, ${join(folder, "two.bin")}\n32 files, ${bytesOf(folder)} bytes, 31 different contents\n`,
    );
    expect(program.files()).toEqual([]);
  });

  it("index-files counts exactly", async () => {
    const folder = textFolder();
    const program = new Program(runtime, example("index-files"), { args: [folder] });
    expect(await program.closed, program.stderr).toBe(0);
    expect(program.stdout).toMatch(/gamma +435\n[\s\S]*30 files, .* 4 different words[\s\S]*speed-up/);
    const file = join(folder, "result");
    const demo = new Program(runtime, path("scripts/demo/index-with-bar"), { args: [`--result=${file}`, folder] });
    expect(await demo.closed, demo.stderr).toBe(0);
    const result = JSON.parse(readFileSync(file, "utf8")) as {
      files: number;
      words: number;
      top: unknown;
      digest: string;
    };
    expect(result.files).toBe(30);
    expect(result.words).toBe(4);
    expect(result.top).toEqual([
      ["gamma", 435],
      ["alpha", 30],
      ["beta", 30],
      ["éé", 30],
    ]);
    expect(result.digest).toBe("ea554276d7c6d7e4d73b559b11ba022849313d69fb4d1cff87bc4cca12312a68");
  });
});
