// The programs in docs/guides run, and print what their comments say. Those that need a server of NATS run in test/cluster.
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { blocksIn, shownBy, written } from "./suite/documents.ts";
import { hasLibrary } from "./suite/library.ts";
import { Program } from "./suite/program.ts";
import { RUNTIMES } from "./suite/runtimes.ts";

let turn = 0;
const backend = hasLibrary() ? "native" : "portable";

function nameOf(program: string): string {
  const [, name] = program.match(/^\/\/ (\S+)\.ts\n/) ?? [];
  if (name === undefined)
    throw new Error(`The first line of a program in a guide is a comment with its file name: ${program.slice(0, 80)}`);
  return name;
}

// Each program runs on one runtime, and the runtimes take turns: the cases try what the guides use on each of them.
const guides = readdirSync(new URL("../docs/guides", import.meta.url)).sort();

describe.each(guides.filter((guide) => guide !== "many-hosts.md"))("docs/guides/%s", (guide) => {
  for (const block of blocksIn(`docs/guides/${guide}`)) {
    const runtime = RUNTIMES[turn++ % RUNTIMES.length] as string;
    const needsLibrary = block.includes("capabilities().sharedMemory");
    it.skipIf(needsLibrary && !hasLibrary())(`${nameOf(block)} on ${runtime}`, async () => {
      const program = new Program(runtime, written(block), { env: { POLYPROC_BACKEND: backend } });
      expect(await program.closed, program.stderr).toBe(0);
      expect(program.stdout.trim().replaceAll("\n", ", ")).toBe(shownBy(block));
      expect(program.files()).toEqual([]);
    });
  }
});
