// Programs that a tool compiles while they run. Node alone can't run their TypeScript, so that each child needs the tool as well.
import { expect, it } from "vitest";
import { type Ended, Project, program } from "./project.ts";

function expectResults({ code, stdout, output }: Ended): void {
  expect(stdout, output).toBe("[ 2, 4, 6 ]\n12\n");
  expect(code).toBe(0);
}

it("tsx", async () => expectResults(await new Project("tsx").tool(["tsx/dist/cli.mjs", "main.ts"])));

it("node --import tsx", async () => {
  expectResults(await new Project("tsx", "tsx-import").run([program("node"), "--import", "tsx", "main.ts"]));
});

it("ts-node", async () => expectResults(await new Project("ts-node").run([program("node"), "--import", "./register.mjs", "main.ts"])));
