import { expect, it, jest } from "@jest/globals";
import { Process } from "polyproc";

jest.unstable_mockModule("./factor.js", () => ({ factor: 100 }));
const { multiply } = await import("./multiply.js");

it("a mock is there in the test's own process, and not in a child", async () => {
  expect(multiply(4)).toBe(400);
  const p = new Process({ target: multiply, args: [4] });
  await p.start();
  expect(await p.result()).toBe(8);
});
