import { describe, expect, it } from "vitest";
import { faultsOf, hasStrace, inject, isSound, type Scenario } from "./inject/driver.ts";
import { hasLibrary } from "./suite/suite.ts";

const possible = hasStrace() && hasLibrary();
if (!possible) console.warn("SKIPPED: system calls are made to fail by strace, which (or the native library) is not here.");

/** A few of the many that scripts/inject.mjs tries: the first call of each kind. */
const everyday: readonly [Scenario, readonly string[]][] = [
  [
    { runtime: "node", backend: "native", name: "queue", victim: "parent" },
    ["socketpair", "memfd_create", "fallocate", "pipe2", "vfork", "pidfd_open", "epoll_create1", "dup2", "execve", "bind"],
  ],
  [{ runtime: "node", backend: "native", name: "queue", victim: "child" }, ["socketpair", "connect"]],
  [{ runtime: "deno", backend: "native", name: "spawn", victim: "parent" }, ["socketpair", "pidfd_open"]],
  [{ runtime: "bun", backend: "native", name: "spawn", victim: "parent" }, ["socketpair", "vfork"]],
  [{ runtime: "node", backend: "portable", name: "spawn", victim: "parent" }, ["bind", "chmod"]],
];

describe.skipIf(!possible)("a system call that fails ends in success or a typed error, and leaves nothing", () => {
  for (const [scenario, syscalls] of everyday) {
    const { runtime, backend, name, victim } = scenario;
    for (const syscall of syscalls) {
      it(`${runtime}, ${backend} ${name}: the ${victim}'s first ${syscall}`, async () => {
        const outcome = await inject(scenario, { syscall, when: 1 });
        expect(outcome).toSatisfy(isSound);
        // What the portable backend asks for, its runtime calls.
        expect(backend === "native" ? outcome.own : outcome.hit).toBeGreaterThan(0);
      });
    }
  }

  it("an untouched run succeeds, and its calls are known", async () => {
    const { faults, outcome } = await faultsOf({ runtime: "node", backend: "native", name: "pipe", victim: "parent" });
    expect(outcome).toBe("ok");
    expect(faults).toContainEqual({ syscall: "vfork", when: 1 });
  });
});
