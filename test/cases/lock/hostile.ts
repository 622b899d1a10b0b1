import assert from "node:assert/strict";
import { CorruptedError, Lock, RLock } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { rejects } from "../../suite/help.ts";
import { scribble, survives, withFile, writeWord } from "../../suite/memory-file.ts";
import { onlyNative } from "../../suite/sync.ts";

export const cases: Cases = {
  "bad options": async () => {
    const lock = new Lock();
    await lock.acquire();
    for (const timeout of [Number.NaN, "1", {}, null]) await rejects(lock.acquire({ timeout: timeout as number }), TypeError, /timeout/);
    await rejects(lock.acquire({ signal: {} as AbortSignal }), TypeError, /signal/);
    await rejects(lock.acquire({ block: 1 as never }), TypeError, /block/);
    await rejects(lock.acquire(true as never), TypeError);
    await lock.release();
    lock.close();
  },
  "a lock word that makes no sense is a CorruptedError, or belongs to a dead process": async () => {
    onlyNative();
    // The lock word follows the first cache line, which the header has.
    const WORD = 64;
    for (const word of [0xffffffff, 0x3ff, 0x7fffffff, 0x12345678, 0x80000000, 5, 1024]) {
      const { object: lock, file } = withFile(() => new Lock());
      writeWord(file, WORD, word);
      await survives([() => lock.acquire({ block: false }), () => lock.acquire({ timeout: 150 }), () => lock.release()]);
      lock.close();
    }
    const { object: lock, file } = withFile(() => new Lock());
    // This word names an owner with an index above 1,023, which no process can have.
    writeWord(file, WORD, 0x7fffffff);
    await rejects(lock.acquire({ timeout: 1000 }), CorruptedError);
    assert.throws(() => lock.acquireSync({ timeout: 1000 }), CorruptedError);
    lock.close();
  },
  "random words in the memory of a lock: an error or a result, no crash, no endless loop": async () => {
    onlyNative();
    for (let seed = 1; seed <= 12; seed++) {
      const { object: lock, file } = withFile(() => (seed % 2 === 0 ? new Lock() : new RLock()));
      if (seed % 3 === 0) await lock.acquire();
      scribble(file, seed);
      await survives([
        () => lock.acquire({ timeout: 50 }),
        () => lock.acquire({ block: false }),
        async () => lock.acquireSync({ timeout: 50 }),
        () => lock.release(),
        () => lock.release(),
      ]);
      lock.close();
    }
  },
};
