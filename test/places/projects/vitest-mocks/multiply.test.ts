import { Process } from "polyproc";
import { expect, it, vi } from "vitest";
import { multiply } from "./multiply.ts";

vi.mock("./factor.ts", () => ({ factor: 100 }));

it("a mock is there in the test's own process, and not in a child", async () => {
  expect(multiply(4)).toBe(400);
  const p = new Process({ target: multiply, args: [4] });
  await p.start();
  expect(await p.result()).toBe(8);
});
