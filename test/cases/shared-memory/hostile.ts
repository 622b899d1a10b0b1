import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { CorruptedError, ProcessError, SharedMemory } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { expectNothingLeft, freshName, make, pathOf } from "./helpers.ts";

/** These cases need the native backend. */
export const only = "native";

export const cases: Cases = {
  "more bytes than the machine has: a clear error, and nothing is left": async () => {
    for (const size of [2 ** 40, 2 ** 45, 2 ** 50, Number.MAX_SAFE_INTEGER]) {
      const name = freshName();
      const start = performance.now();
      assert.throws(() => make(size, name), ProcessError, String(size));
      assert.throws(() => make(size, name), new RegExp(`Shared memory of ${size} bytes can't be made: .*There is no memory left for it`));
      assert.ok(performance.now() - start < 2000);
      assert.ok(!existsSync(pathOf(name)), String(size));
      make(8, name).close();
    }
  },
  "files of other programs are not attached, and not removed": async () => {
    const name = freshName();
    const path = pathOf(name);
    const refused = (Class: abstract new (...args: never[]) => Error, message: RegExp): void => {
      assert.throws(
        () => new SharedMemory({ name }),
        (error: Error) => error instanceof Class && message.test(error.message),
        message.source,
      );
      // Making memory removes the files that dead processes have left. It must not take this one for such a file.
      make(8).close();
      assert.ok(existsSync(path));
      rmSync(path, { recursive: true });
    };
    const file = (content: Uint8Array, mode = 0o600): void => {
      writeFileSync(path, content);
      chmodSync(path, mode);
    };
    file(new Uint8Array(0));
    refused(CorruptedError, /no shared memory of polyproc's/);
    file(new Uint8Array(100).fill(1));
    refused(CorruptedError, /no shared memory of polyproc's/);
    file(new Uint8Array(3 * 4096).fill(1));
    refused(CorruptedError, /no shared memory of polyproc's/);
    file(new Uint8Array(3 * 4096), 0o666);
    refused(ProcessError, /open to others/);
    mkdirSync(path);
    refused(ProcessError, /./);
    symlinkSync("/etc/passwd", path);
    refused(ProcessError, /./);
    assert.equal(spawnSync("mkfifo", ["-m", "600", path]).status, 0);
    refused(CorruptedError, /no shared memory of polyproc's/);
  },
  "memory of another version, of another size, or open to other users": async () => {
    // This object keeps the memory all the time. Memory that no process has open is removed by the next process that makes some.
    using memory = make(100);
    const path = pathOf(memory.name);
    const refused = (Class: abstract new (...args: never[]) => Error, message: RegExp): void => {
      assert.throws(
        () => new SharedMemory({ name: memory.name }),
        (error: Error) => error instanceof Class && message.test(error.message),
        message.source,
      );
    };
    const whole = readFileSync(path);
    const written = (bytes: Uint8Array): void => {
      const fd = openSync(path, "r+");
      writeSync(fd, bytes, 0, bytes.length, 0);
      closeSync(fd);
    };
    const changed = (offset: number, value: number): void => {
      const bytes = new Uint8Array(whole);
      new DataView(bytes.buffer).setUint32(offset, value, true);
      written(bytes);
    };
    changed(8, 99);
    refused(CorruptedError, /another version/);
    for (const [offset, value] of [
      [0, 99],
      [16, 0],
      [16, 5000],
      [20, 1],
    ] as const) {
      changed(offset, value);
      refused(CorruptedError, /no shared memory of polyproc's/);
    }
    written(whole);
    for (const size of [2 * whole.length, 4096]) {
      truncateSync(path, size);
      refused(CorruptedError, /no shared memory of polyproc's/);
    }
    truncateSync(path, whole.length);
    for (const mode of [0o666, 0o640]) {
      chmodSync(path, mode);
      refused(ProcessError, /open to others/);
    }
    chmodSync(path, 0o600);
    new SharedMemory({ name: memory.name }).close();
    memory.close();
    assert.ok(!existsSync(path));
  },
  "nothing is left in /dev/shm": async () => {
    expectNothingLeft(5);
  },
};
