import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { Program } from "./suite/program.ts";
import { RUNTIMES } from "./suite/runtimes.ts";
import { hasLibrary } from "./suite/suite.ts";

const path = (name: string): string => fileURLToPath(new URL(`../${name}.ts`, import.meta.url));
const example = (name: string): string => path(`examples/${name}`);

const expected: Readonly<Record<string, RegExp>> = {
  "ping-pong": /ping 9, pong 10\nthe other player ended with 0\n$/,
  "producer-consumer": /consumer-1 ended with 0\nconsumer-2 ended with 0\nthe sum of the squares is 385\n$/,
  subclass: /^HELLO\nSTRASSE\nUpper-1 replied 2 times\n$/,
  bank: /^3 runtimes, .*\n[1-9]\d+ transfers, .*\nthe sum is 64000; it is right: true\n$/,
  "mixed-tree": /^bun: 1208925819614629174706176, 1970, 2 3 5\ndeno: .*\nnode: .*\n$/,
};

describe.each(RUNTIMES)("%s: examples", (runtime) => {
  for (const [name, output] of Object.entries(expected)) {
    it(name, async () => {
      const program = new Program(runtime, example(name));
      expect(await program.closed, program.stderr).toBe(0);
      expect(program.stdout).toMatch(output);
      expect(program.files()).toEqual([]);
    });
  }

  it.skipIf(!hasLibrary())("bank, native", async () => {
    const program = new Program(runtime, example("bank"), { env: { POLYPROC_BACKEND: "native" } });
    expect(await program.closed, program.stderr).toBe(0);
    expect(program.stdout).toMatch(expected.bank as RegExp);
    expect(program.files()).toEqual([]);
  });

  it("index-files counts exactly", async () => {
    const made = new Program(runtime, example("ping-pong"));
    const folder = join(made.temp, "texts");
    mkdirSync(join(folder, "inner"), { recursive: true });
    for (let i = 0; i < 30; i++)
      writeFileSync(
        join(folder, i % 2 === 0 ? "inner" : ".", `file${i}.${["md", "ts", "txt"][i % 3]}`),
        `Alpha beta ${"gamma ".repeat(i)} x é éé`,
      );
    writeFileSync(join(folder, "not-text.bin"), "alpha");
    const program = new Program(runtime, example("index-files"), { args: [folder] });
    expect(await program.closed, program.stderr).toBe(0);
    expect(program.stdout).toMatch(/gamma +435\n[\s\S]*30 files, .* 4 different words[\s\S]*speed-up/);
    const file = join(made.temp, "result.json");
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
