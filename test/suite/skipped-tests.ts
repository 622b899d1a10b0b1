// A reporter of vitest that says which tests were skipped, and why.
import { appendFileSync } from "node:fs";
import type { Reporter, TestCase, TestModule, Vitest } from "vitest/node";
import { hasLibrary } from "./library.ts";

/** Reasons of the tests that give none themselves, by a part of their module or name. */
const REASONS: readonly (readonly [string, string])[] = [
  ["a real CPython", "CPython 3.12 or later is not installed"],
  ["a CPython that knows the MD5 handshake alone", "no CPython before 3.12 is installed"],
  ["inject.test.ts", "strace or the native library is missing: nothing else can make system calls fail"],
];

/** Appends a line of JSON for each skipped test to the file that POLYPROC_SKIPPED_TESTS names. scripts/test.mjs shows them at its end. */
export class SkippedTests implements Reporter {
  #hasNameFilter = false;

  onInit(vitest: Vitest): void {
    this.#hasNameFilter = vitest.config.testNamePattern !== undefined;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const file = process.env.POLYPROC_SKIPPED_TESTS;
    if (file === undefined) return;
    for (const module of modules) {
      for (const test of module.children.allTests("skipped")) {
        const { note } = test.result() as { note?: string };
        // A filter by name leaves out all other tests. Those are not worth a line.
        if (note === undefined && this.#hasNameFilter) continue;
        appendFileSync(file, `${JSON.stringify({ name: test.fullName, reason: note ?? reasonOf(test) })}\n`);
      }
    }
  }
}

function reasonOf(test: TestCase): string {
  const known = REASONS.find(([part]) => `${test.module.moduleId} ${test.fullName}`.includes(part));
  if (known !== undefined) return known[1];
  return hasLibrary() ? "a skipIf() in its file says no on this machine" : "the native library is not built";
}
