// The order in which vitest starts the test files.
import { basename } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The tests that take longest, the longest first. All others follow. */
const LONGEST: readonly RegExp[] = [
  /^(node|deno|bun)(-native)?\.test/,
  /^(node22|queue|suite-(node|deno|bun))\.test/,
  /^(examples|endings|pool-soak)\.test/,
  /^(native-library|soak|copies)\.test/,
  /^(outputs|limits|python)\.test/,
];

/**
 * Starts the tests that take longest first, so that no worker is left without work while another has a long one to do. In a clean checkout
 * vitest knows the files' sizes alone, and would start those that run all cases last.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => place(a) - place(b));
  }
}

function place({ moduleId }: TestSpecification): number {
  const index = LONGEST.findIndex((name) => name.test(basename(moduleId)));
  return index === -1 ? LONGEST.length : index;
}
