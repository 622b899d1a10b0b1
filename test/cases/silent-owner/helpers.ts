// The process that hosts the objects is stopped or computes, and does not reply. On the native backend no process hosts them.
import assert from "node:assert/strict";
import {
  Barrier,
  Condition,
  type Connection,
  Event,
  Lock,
  Pipe,
  type Process,
  Queue,
  RLock,
  Semaphore,
  SharedValue,
  TimeoutError,
} from "../../../mod.ts";
import { Skip } from "../../suite/case.ts";
import { isNative, started } from "../../suite/help.ts";
import { goOn, stay, stopped } from "../../suite/sync.ts";

/** The objects of another process. */
export interface Owned {
  readonly empty: Queue<number>;
  readonly full: Queue<number>;
  readonly lock: Lock;
  readonly rlock: RLock;
  readonly semaphore: Semaphore;
  readonly event: Event;
  readonly condition: Condition;
  readonly barrier: Barrier;
  readonly conn: Connection<number>;
  readonly value: SharedValue<"i32">;
}

export async function own(out: Queue<Owned>): Promise<void> {
  const full = new Queue<number>(1);
  await full.put(0);
  const [conn, other] = Pipe<number>();
  await out.put({
    ...{ empty: new Queue<number>(), full, lock: new Lock(), rlock: new RLock(), semaphore: new Semaphore(1), event: new Event() },
    ...{ condition: new Condition(), barrier: new Barrier(2), conn, value: new SharedValue("i32", 0) },
  });
  await stay();
  other.close();
}

export function onlyPortable(): void {
  if (isNative) throw new Skip("on the native backend no process hosts the objects");
}

/** Gives a test the objects of another process, which the test can stop and let go on. */
export async function withOwner(test: (owned: Owned, owner: Process<[Queue<Owned>], void>) => Promise<void>): Promise<void> {
  onlyPortable();
  const out = new Queue<Owned>();
  const owner = await started({ target: own, args: [out] });
  try {
    const owned = await out.get({ timeout: 20_000 });
    await test(owned, owner);
    for (const object of Object.values(owned)) object.close();
  } finally {
    goOn(owner);
    owner.kill();
    await owner.join();
  }
}

/** Makes a call while the owner is stopped. Asserts that it takes `least` ms and not much more, and gives the result or the error. */
export async function inTime(least: number, call: () => Promise<unknown>): Promise<unknown> {
  const start = performance.now();
  const outcome = await call().catch((error: unknown) => error);
  const ms = performance.now() - start;
  assert.ok(ms >= least - 2 && ms < least + 900, `took ${ms} ms instead of about ${least}: ${String(outcome)}`);
  return outcome;
}

/** Asserts that the error leaves open whether the call has succeeded. */
export function isOpen(error: unknown, cause?: unknown): void {
  assert.ok(error instanceof TimeoutError, String(error));
  assert.equal(error.mayHaveHappened, true);
  assert.equal(error.cause, cause);
  assert.match(error.message, /did not reply/);
}

export { goOn, stopped };
