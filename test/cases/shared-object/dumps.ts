import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Barrier, Condition, Event, Lock, Queue, Semaphore, SharedArray, SharedMemory } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { memoryName } from "../../suite/leaks.ts";

/** Only the native backend maps memory. */
export const only = "native";

/** The mappings of this library's memory files, with the flags that the kernel has for each. */
function mappings(): { readonly file: string; readonly flags: readonly string[] }[] {
  const entries = readFileSync("/proc/self/smaps", "utf8").split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
  return entries.flatMap((entry) => {
    const file = /^.*? (\/memfd:polyproc.*|\/dev\/shm\/polyproc-.*)$/m.exec(entry)?.[1];
    return file === undefined ? [] : { file, flags: /^VmFlags: (.*)$/m.exec(entry)?.[1]?.split(" ") ?? [] };
  });
}

export const cases: Cases = {
  // A dump of a queue would read its whole sparse file, and give memory to each hole; and a process holds its locks until its dump is written.
  "no shared memory is part of a core dump": async () => {
    const before = mappings().length;
    const objects = [
      new Queue(),
      new Lock(),
      new Semaphore(),
      new Event(),
      new Condition(),
      new Barrier(2),
      new SharedArray("i32", 4),
      new SharedMemory({ size: 4096 }),
      new SharedMemory({ name: memoryName("dumps"), create: true, size: 4096 }),
    ];
    const found = mappings();
    // A condition has a lock of its own.
    assert.ok(found.length >= before + objects.length, `${found.length - before} mappings`);
    for (const { file, flags } of found) assert.ok(flags.includes("dd"), `${file}: ${flags.join(" ")}`);
    for (const object of objects) object.close();
  },
};
