// The targets of the child processes in these cases, and checks of a lock.
import assert from "node:assert/strict";
import { type Lock, type Queue, RLock, type Semaphore, StateError } from "../../../mod.ts";
import { rejects } from "../../suite/help.ts";
import { stay } from "../../suite/sync.ts";

export type AnyLock = Lock | RLock | Semaphore;

/** Acquires a lock or the lock of a condition, says so, and keeps it. */
export async function holdAndStay(lock: Pick<AnyLock, "acquire">, ready: Queue): Promise<void> {
  await lock.acquire();
  await ready.put("held");
  await stay();
}

export async function holdThenRelease(lock: AnyLock, ready: Queue, go: Queue): Promise<void> {
  await lock.acquire();
  await ready.put("held");
  await go.get();
  await lock.release();
}

export async function releaseIt(lock: AnyLock): Promise<void> {
  await lock.release();
}

/** Says that it is about to wait, acquires the lock, and gives whether its last holder died. */
export async function waitForIt(lock: AnyLock, ready: Queue): Promise<boolean> {
  await ready.put("waiting");
  await lock.acquire();
  const { abandoned } = lock;
  await lock.release();
  return abandoned;
}

/** Gives whether the lock is free. */
export async function tryOnce(lock: AnyLock): Promise<boolean> {
  const had = await lock.acquire({ block: false });
  if (had) await lock.release();
  return had;
}

/** Asserts that no process holds the lock, and that it was not granted to a waiter that is gone. */
export async function expectFree(lock: AnyLock): Promise<void> {
  assert.equal(await lock.acquire({ timeout: 1000 }), true);
  assert.equal(lock.abandoned, false);
  await lock.release();
  if (lock instanceof RLock) await rejects(lock.release(), StateError);
}
