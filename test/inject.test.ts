import { describe, expect, it } from "vitest";
import { faultsOf, hasStrace, inject, isSound, type Scenario } from "./inject/driver.ts";
import { hasLibrary } from "./suite/suite.ts";

const possible = hasStrace() && hasLibrary();
if (!possible)
  console.warn("SKIPPED: these tests need the native library, and strace with the right to trace, which makes system calls fail.");

/** A few of the many faults that `npm run inject` tries: the first call of each kind. */
const FIRST_CALLS: readonly [Scenario, readonly string[]][] = [
  [
    { runtime: "node", backend: "native", name: "queue", victim: "parent" },
    ["socketpair", "memfd_create", "fallocate", "pipe2", "vfork", "pidfd_open", "epoll_create1", "dup2", "execve", "bind"],
  ],
  [{ runtime: "node", backend: "native", name: "queue", victim: "child" }, ["socketpair", "connect"]],
  [{ runtime: "deno", backend: "native", name: "spawn", victim: "parent" }, ["socketpair", "pidfd_open"]],
  [{ runtime: "bun", backend: "native", name: "spawn", victim: "parent" }, ["socketpair", "vfork"]],
  [{ runtime: "node", backend: "portable", name: "spawn", victim: "parent" }, ["bind", "chmod"]],
];

describe.skipIf(!possible)("a failed system call leads to success or to a typed error, and leaves nothing behind", () => {
  for (const [scenario, syscalls] of FIRST_CALLS) {
    const { runtime, backend, name, victim } = scenario;
    for (const syscall of syscalls) {
      it(`${runtime}, ${backend} ${name}: the ${victim}'s first ${syscall}`, async () => {
        const outcome = await inject(scenario, { syscall, when: 1 });
        expect(outcome).toSatisfy(isSound);
        // The calls of the portable backend are made by its runtime.
        expect(backend === "native" ? outcome.own : outcome.hit).toBeGreaterThan(0);
      });
    }
  }

  it("a run without a fault succeeds, and its calls are known", async () => {
    // strace takes ten seconds for the stacks of all calls.
    const { faults, outcome } = await faultsOf({ runtime: "node", backend: "native", name: "pipe", victim: "parent" }, false, ["vfork"]);
    expect(outcome).toBe("ok");
    expect(faults).toContainEqual({ syscall: "vfork", when: 1 });
  });
});
