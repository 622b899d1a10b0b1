// The names that a program gives to its objects, as `polyproc ps` shows them.
import assert from "node:assert/strict";
import {
  Barrier,
  Condition,
  type Connection,
  capabilities,
  Event,
  Lock,
  Pipe,
  Queue,
  RLock,
  Semaphore,
  SharedArray,
  SharedMemory,
  SharedValue,
  SimpleQueue,
} from "../../../mod.ts";
import type { Snapshot } from "../../../src/inspect/facts.ts";
import { reportOf } from "../../../src/inspect/report.ts";
import { type Cases, Skip } from "../../suite/case.ts";
import { isNative, run, started } from "../../suite/help.ts";
import { holdAndWant, seen } from "./look.ts";

const textOf = (snapshot: Snapshot): string => reportOf(snapshot, { width: 200, rows: 100 }).join("\n");

export async function useUntilTold(_objects: readonly unknown[], go: Event): Promise<void> {
  await go.wait();
}

/** Makes an object with a name, and blocks before its event loop turns. */
export function blockAtOnce(go: Event): void {
  using _own = new Lock({ name: "made in the child" });
  go.waitSync();
}

/** Ends the maker's own use of an object, and gives it away. */
export async function makeAndSend(to: Connection<Queue>): Promise<void> {
  const queue = new Queue({ name: "given away" });
  await to.send(queue);
  await to.recv();
  queue.close();
}

const all: Cases = {
  async "objects are shown with their names, in the process that made them and in one that got them"(): Promise<void> {
    const go = new Event({ name: "go" });
    const [reader, writer] = Pipe({ duplex: false, name: "results" });
    const [one, other] = Pipe({ name: "talk" });
    const objects = [
      new Queue({ name: "jobs" }),
      new SimpleQueue({ name: "\u001b[2J\n" }),
      new Lock({ name: "x".repeat(100) }),
      new RLock({ name: "again" }),
      new Semaphore({ name: "few" }),
      new Condition(undefined, { name: "changed" }),
      new Barrier(2, { name: "all" }),
      new Lock(),
      new Lock({ name: "" }),
    ];
    const others = [new SharedValue("i32", 0, { name: "count" }), new SharedArray("f64", 2, { lock: true, name: "sums" })];
    if (capabilities().sharedMemory) others.push(new SharedMemory({ name: `frames-${process.pid}`, create: true, size: 10 }) as never);
    const child = await started({ target: useUntilTold, args: [[...objects, ...others, writer, other], go] });
    const memory = isNative ? [[`frames-${process.pid}`, "memory", 2]] : [];
    const snapshot = await seen(({ others: shown }) => shown.filter(({ users }) => users.length === 2).length === 4 + memory.length);
    const names = [...snapshot.queues, ...snapshot.locks].map(({ kind, name }) => `${kind} ${name}`);
    const expected = ["queue jobs", "queue ?[2J?", `lock ${"x".repeat(63)}…`, "rlock again", "semaphore few", "condition changed"];
    expected.push("rlock changed", "barrier all", "lock null", "lock null", "rlock sums", "event go");
    assert.deepEqual(names.toSorted(), expected.toSorted());
    const shown = snapshot.others.map(({ name, kind, users }) => [name, kind, users.length]);
    const pipes = [
      ["results", "reader", 1],
      ["results", "writer", 2],
      ["talk", "pipe", 1],
      ["talk", "pipe", 2],
    ];
    assert.deepEqual(shown.toSorted(), [["count", "value", 2], ["sums", "array", 2], ...pipes, ...memory].toSorted());
    const text = textOf(snapshot);
    assert.match(text, /^QUEUES \(2\)\nID +NAME +BACKEND +SIZE .*\n(.*\n)?\w+ +jobs +/m);
    assert.match(text, new RegExp(`^\\w+ +results +Pipe, writes +\\w+ +.*\\bProcess-\\d+ \\(${child.pid}\\)`, "m"));
    await go.set();
    await child.join();
    for (const each of [...objects, ...others, reader, writer, one, other]) each.close();
    // An object that is closed is shown no longer.
    const left = await seen(({ others: named, locks }) => named.length === 0 && locks.length === 1);
    assert.doesNotMatch(textOf(left), /OTHERS|QUEUES/);
    go.close();
  },

  async "a deadlock names the locks"(): Promise<void> {
    const locks = [new Lock({ name: "disk" }), new RLock({ name: "net" })] as const;
    const [holds, go] = [new Queue<number>(), new Event()];
    const children = await Promise.all(
      locks.map((lock, i) => started({ target: holdAndWant, args: [lock, locks[1 - i] as Lock, holds, go, false], name: `holder-${i}` })),
    );
    try {
      for (const _ of children) await holds.get();
      await go.set();
      const snapshot = await seen(({ deadlocks }) => deadlocks.length > 0);
      assert.deepEqual(snapshot.deadlocks[0]?.steps.map(({ object }) => object?.name).sort(), ["disk", "net"]);
      assert.match(textOf(snapshot), /waits by acquire\(\) for Lock \w+ "disk", which holder-0 \(\d+\) holds\n/);
      assert.match(textOf(snapshot), /waits by acquire\(\) for RLock \w+ "net", which holder-1 \(\d+\) holds\n/);
    } finally {
      for (const child of children) child.kill();
      await Promise.all(children.map((child) => child.join()));
      for (const each of [...locks, holds, go]) each.close();
    }
  },

  async "a name is told before the thread blocks"(): Promise<void> {
    if (!isNative) throw new Skip("the portable backend has no blocking calls");
    const go = new Event();
    const child = await started({ target: blockAtOnce, args: [go] });
    const { locks } = await seen(({ locks: shown }) => shown.some(({ name }) => name === "made in the child"));
    assert.deepEqual(locks.find(({ name }) => name !== null)?.users, [child.pid]);
    await go.set();
    await child.join();
    go.close();
  },

  async "who has an object tells its name when its maker has ended"(): Promise<void> {
    if (!isNative) throw new Skip("on the portable backend, an object ends with its maker");
    const [own, child] = Pipe<Queue | string>();
    const made = run({ target: makeAndSend, args: [child as Connection<Queue>] });
    using queue = (await own.recv()) as Queue;
    await own.send("done");
    await made;
    const { queues } = await seen(({ queues: shown }) => shown.some(({ name }) => name === "given away"));
    assert.deepEqual(queues[0]?.users, [process.pid]);
    assert.equal(await queue.qsize(), 0);
    for (const end of [own, child]) end.close();
  },

  async "a name of another type is refused"(): Promise<void> {
    const makers: ((options: never) => unknown)[] = [
      (options) => Pipe(options),
      (options) => new Queue(options),
      (options) => new SimpleQueue(options),
      (options) => new Lock(options),
      (options) => new RLock(options),
      (options) => new Semaphore(options),
      (options) => new Event(options),
      (options) => new Condition(undefined, options),
      (options) => new Barrier(2, options),
      (options) => new SharedValue("i32", 0, options),
      (options) => new SharedArray("i32", 1, options),
    ];
    for (const make of makers)
      for (const name of [7, null, {}])
        assert.throws(() => make({ name } as never), { name: "TypeError", message: /^name must be a string/ });
    await Promise.resolve();
  },
};

// `polyproc ps` does not work with named pipes.
export const cases: Cases = process.platform === "win32" ? {} : all;
