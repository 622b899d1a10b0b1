import { expect, it } from "vitest";
import { afterIdle } from "../../src/util/deadline.ts";

it("a limit for another process also ends in a process that is busy all the time", { timeout: 60_000 }, async () => {
  const late = Promise.withResolvers<"late">();
  let goesOn = true;
  const work = (): void => {
    const until = performance.now() + 40;
    while (performance.now() < until);
    if (goesOn) setImmediate(work);
  };
  afterIdle(150, () => late.resolve("late"));
  work();
  const given = new Promise((resolve) => setTimeout(resolve, 20_000, "never"));
  expect(await Promise.race([late.promise, given])).toBe("late");
  goesOn = false;
});
