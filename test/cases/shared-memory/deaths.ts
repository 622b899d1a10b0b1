import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Barrier, Event, OwnerDiedError, Queue, SharedMemory } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { rejects, started } from "../../suite/help.ts";
import { commandLine } from "../../suite/runtimes.ts";
import { stay } from "../../suite/sync.ts";
import { RUNTIMES } from "../helpers/runtimes.ts";
import { until } from "../helpers/signals.ts";
import { expectNothingLeft, freshName, MIB, make, pathOf, programUrl } from "./helpers.ts";

/** These cases need the native backend. */
export const only = "native";

export async function putAndStay(q: Queue<SharedMemory>, name: string): Promise<void> {
  await q.put(make(8, name));
  await stay();
}

export async function makeTwo(first: string, second: string, ready: Event): Promise<void> {
  const memories = [make(8, first), make(8, second)];
  for (const memory of memories) memory.buf[0] = 77;
  await ready.set();
  await stay();
}

/** Makes and closes large memory for ever. */
export function makeAgain(name: string): void {
  for (;;) make(48 * MIB, name).close();
}

export async function closeAll(all: readonly string[], attached: Barrier, closed: Barrier, go: Event): Promise<void> {
  const memories = all.map((name) => new SharedMemory({ name }));
  await attached.wait();
  await go.wait();
  for (const memory of memories) memory.close();
  await closed.wait();
  // The end of a process makes its parent remove what it left. It may end only after the test has looked.
  while (await go.isSet()) await delay(5);
}

export function makeAndEnd(name: string): string {
  const memory = make(8, name);
  memory.buf[0] = 1;
  return memory.name;
}

export const cases: Cases = {
  "memory in a message that nobody receives goes with the process that sent it": async () => {
    const q = new Queue<SharedMemory>();
    const name = freshName();
    const child = await started({ target: putAndStay, args: [q, name] });
    await until(async () => existsSync(pathOf(name)) && !(await q.empty()));
    child.kill();
    await child.join();
    await rejects(q.get(), OwnerDiedError);
    assert.ok(!existsSync(pathOf(name)));
  },
  "a process outside of the tree attaches by name, and its end leaves the memory alone": slow(async () => {
    const program = fileURLToPath(programUrl("attach-memory"));
    using memory = make(8);
    let count = 0;
    for (const runtime of RUNTIMES) {
      for (const how of ["close", "nothing", "kill"]) {
        const [file, args] = commandLine(runtime, program, [memory.name, how]);
        const { status, signal, stderr } = spawnSync(file, args, { encoding: "utf8", env: { ...process.env, POLYPROC_BACKEND: "native" } });
        assert.equal(how === "kill" ? signal : status, how === "kill" ? "SIGKILL" : 0, stderr);
        assert.equal(stderr, "");
        count++;
        assert.equal(memory.buf[0], count);
        new SharedMemory({ name: memory.name }).close();
      }
    }
  }),
  "a killed creator: its parent removes the name, and a process that has the memory keeps it": async () => {
    const [named, held] = [freshName(), freshName()];
    const ready = new Event();
    const child = await started({ target: makeTwo, args: [named, held, ready] });
    await ready.wait();
    const memory = new SharedMemory({ name: held });
    child.kill();
    await child.join();
    assert.ok(!existsSync(pathOf(named)));
    assert.equal(memory.buf[0], 77);
    new SharedMemory({ name: held }).close();
    memory.close();
    assert.ok(!existsSync(pathOf(held)));
  },
  "a creator that is killed at any moment leaves no name that can't be used": async () => {
    for (let round = 0; round < 12; round++) {
      const name = freshName();
      const child = await started({ target: makeAgain, args: [name] });
      // Each round kills the creator at another moment.
      await delay(3 + 7 * round);
      child.kill();
      await child.join();
      assert.ok(!existsSync(pathOf(name)));
      make(8, name).close();
    }
  },
  "the last of several processes that close the memory at once removes the name": async () => {
    const memories = Array.from({ length: 300 }, () => make(8));
    const all = memories.map((memory) => memory.name);
    const [attached, closed, go] = [new Barrier(3), new Barrier(3), new Event()];
    const children = [];
    for (let i = 0; i < 2; i++) children.push(await started({ target: closeAll, args: [all, attached, closed, go] }));
    await attached.wait();
    for (const memory of memories) memory.close();
    await go.set();
    await closed.wait();
    assert.deepEqual(
      all.filter((name) => existsSync(pathOf(name))),
      [],
    );
    await go.clear();
    for (const child of children) await child.join();
  },
  "a tree that ends normally leaves nothing, and prints nothing": async () => {
    const child = await started({ target: makeAndEnd, args: [freshName()], stderr: "pipe" });
    assert.equal(await new Response(child.stderr).text(), "");
    const name = await child.result();
    await child.join();
    assert.ok(!existsSync(pathOf(name)));
  },
  "nothing is left in /dev/shm": async () => {
    expectNothingLeft(300);
  },
};
