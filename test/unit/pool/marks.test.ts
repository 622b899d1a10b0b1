// The mark by which a worker and its pool agree on which tasks have begun.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { NumbersPort } from "../../../src/backend/contract/numbers.ts";
import { FileMark, type ParentMark, SharedMark, type WorkerMark } from "../../../src/pool/marks.ts";

interface Sides {
  readonly parent: ParentMark;
  readonly worker: WorkerMark;
}

function inFile(): Sides {
  const folder = mkdtempSync(join(tmpdir(), "pp-mark-"));
  const path = join(folder, "mark");
  writeFileSync(path, new Uint8Array(8));
  const parent = FileMark.open(path);
  const worker = FileMark.open(path);
  onTestFinished(() => {
    parent.close();
    expect(existsSync(path)).toBe(false);
    worker.close();
    rmSync(folder, { recursive: true });
  });
  return { parent, worker };
}

/** @param isSeen whether both sides see the memory itself */
function inMemory(isSeen: boolean): Sides {
  const word = new BigUint64Array(1);
  const operateNow: NumbersPort["operateNow"] = (operation, operand, expected) => {
    const before = word[0] as bigint;
    if (operation === "add") word[0] = before + BigInt(operand ?? 0);
    if (operation === "and") word[0] = before & BigInt(operand ?? 0);
    if (operation === "compareExchange" && before === BigInt(expected ?? 0)) word[0] = BigInt(operand ?? 0);
    return before;
  };
  const port = { operateNow, view: isSeen ? word : undefined, release: () => {} } as Partial<NumbersPort> as NumbersPort;
  return { parent: new SharedMark(port), worker: new SharedMark(port) };
}

const KINDS: readonly [name: string, make: () => Sides][] = [
  ["in a file", inFile],
  ["in memory", () => inMemory(true)],
  ["in memory that a process can't see itself", () => inMemory(false)],
];

describe.each(KINDS)("a mark %s", (_, make) => {
  it("tells the last task that has begun", () => {
    const { parent, worker } = make();
    expect(parent.begun()).toBe(0);
    for (const task of [1, 2, 3]) {
      expect(worker.begin(task)).toBe(true);
      expect(parent.begun()).toBe(task);
    }
  });

  it("takes back what has not begun, and nothing else", () => {
    const { parent, worker } = make();
    worker.begin(1);
    worker.begin(2);
    expect(parent.limit(2)).toBe(3);
    expect(parent.limit(5)).toBe(5);
    for (const task of [3, 4]) expect(worker.begin(task)).toBe(true);
    for (const task of [5, 6, 7]) expect(worker.begin(task)).toBe(false);
    parent.unlimit();
    expect(worker.begin(8)).toBe(true);
    expect(parent.begun()).toBe(8);
  });
});

it.each(KINDS.slice(0, 2))("a mark %s does not count tasks that were refused, however many they are", (_, make) => {
  const { parent, worker } = make();
  worker.begin(1);
  parent.limit(2);
  for (const task of [2, 3, 4]) {
    expect(worker.begin(task)).toBe(false);
    expect(parent.begun()).toBe(1);
  }
});
