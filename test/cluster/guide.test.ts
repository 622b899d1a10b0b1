// The programs of docs/guides/many-hosts.md work together, each on another runtime.
import { expect, it } from "vitest";
import { blocksIn, shownBy, written } from "../suite/documents.ts";
import { Program } from "../suite/program.ts";
import { NatsServer } from "./servers/server.ts";

it("the producer and the consumer of the guide print what their comments say", async () => {
  await using server = await NatsServer.start();
  const blocks = blocksIn("docs/guides/many-hosts.md").map((block) => block.replace("nats://127.0.0.1:4222", server.url));
  expect(blocks.length).toBe(2);
  // Deno finds the packages of NATS only for programs in a folder with a package.json.
  const programs = blocks.map((block, i) => new Program(["node", "bun"][i] ?? "", written(block)));
  for (const [i, program] of programs.entries()) {
    expect(await program.closed, program.stderr).toBe(0);
    expect(program.stdout.trim().replaceAll("\n", ", ")).toBe(shownBy(blocks[i] ?? ""));
  }
});
