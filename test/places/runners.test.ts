// Test runners. In each, a test starts a process and a pool whose target is a function that the test file imports.
import { expect, it } from "vitest";
import { Project, program } from "./project.ts";

it.each(["threads", "forks", "vmThreads", "vmForks"])("vitest, pool %s", async (pool) => {
  const project = new Project("vitest", `vitest-${pool}`);
  const { code, output } = await project.tool(["vitest/vitest.mjs", "run", "--pool", pool]);
  expect(output).toMatch(/2 passed/);
  expect(code).toBe(0);
});

it("jest with ES modules", async () => {
  const project = new Project("jest");
  const { code, output } = await project.tool(["jest/bin/jest.js"], { NODE_OPTIONS: "--experimental-vm-modules" });
  expect(output).toMatch(/2 passed/);
  expect(code).toBe(0);
});

it("node --test", async () => {
  const { code, output } = await new Project("node-test").run([program("node"), "--test"]);
  expect(output).toMatch(/pass 2/);
  expect(code).toBe(0);
});

it("bun test", async () => {
  const { code, output } = await new Project("bun-test").run([program("bun"), "test"]);
  expect(output).toMatch(/2 pass/);
  expect(code).toBe(0);
});

it("deno test", async () => {
  const { code, output } = await new Project("deno-test").run([program("deno"), "test", "-A", "--no-check"]);
  expect(output).toMatch(/2 passed/);
  expect(code).toBe(0);
});

it("vite's server-side rendering in development", async () => {
  const { code, output } = await new Project("vite-ssr").run([program("node"), "server.js"]);
  expect(output).toMatch(/<p>8 2,4,6<\/p>/);
  expect(code).toBe(0);
});

it("jest with CommonJS needs the same flag", async () => {
  const project = new Project("jest-commonjs");
  expect((await project.tool(["jest/bin/jest.js"])).output).toMatch(/Must use import to load ES Module: .*polyproc.*mod\.js/);
  const { code, output } = await project.tool(["jest/bin/jest.js"], { NODE_OPTIONS: "--experimental-vm-modules" });
  expect(output).toMatch(/2 passed/);
  expect(code).toBe(0);
});

it("vi.mock does not reach a child", async () => {
  const { code, output } = await new Project("vitest-mocks").tool(["vitest/vitest.mjs", "run"]);
  expect(output).toMatch(/1 passed/);
  expect(code).toBe(0);
});

it("jest's mocks do not reach a child", async () => {
  const { code, output } = await new Project("jest-mocks").tool(["jest/bin/jest.js"], { NODE_OPTIONS: "--experimental-vm-modules" });
  expect(output).toMatch(/1 passed/);
  expect(code).toBe(0);
});
