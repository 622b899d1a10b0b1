import assert from "node:assert/strict";
import {
  Barrier,
  BoundedSemaphore,
  Client,
  Condition,
  capabilities,
  Event,
  getContext,
  getStartMethod,
  Listener,
  Lock,
  Pipe,
  Process,
  Queue,
  RLock,
  Semaphore,
  SharedArray,
  SharedMemory,
  SharedValue,
  SimpleQueue,
  setStartMethod,
  wait,
} from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { rejects } from "../../suite/help.ts";
import { nothing } from "./helpers.ts";

type Call = (options: never) => unknown;

const authKey = "secret";

/** Each constructor and function, an option that it does not have, and the option that is near. */
const constructors: readonly (readonly [call: Call, options: object, meant: string])[] = [
  [(o) => new Process(o), { target: nothing, arg: [1] }, "args"],
  [(o) => new Process(o), { target: nothing, start_timeout: 1 }, "startTimeout"],
  [(o) => new Process(o), { target: nothing, kwArgs: {} }, "kwargs"],
  [(o) => new Process(o), { target: nothing, execargv: [] }, "execArgv"],
  [(o) => new Process({ runtime: o }), { execpath: "/bin/true", execPath: "/bin/true" }, "execPath"],
  [(o) => new Process({ limits: o }), { openfiles: 100 }, "openFiles"],
  [(o) => new Process({ target: o }), { module: import.meta.url, names: "x" }, "name"],
  [(o) => new Queue(o), { maxSize: 1 }, "maxsize"],
  [(o) => new Queue(o), { maxsize: 1, redelivery: true }, "redeliver"],
  [(o) => new SimpleQueue(o), { nmae: "x" }, "name"],
  [(o) => new Lock(o), { Name: "x" }, "name"],
  [(o) => new RLock(o), { names: "x" }, "name"],
  [(o) => new Event(o), { names: "x" }, "name"],
  [(o) => new Semaphore(o), { values: 1 }, "value"],
  [(o) => new BoundedSemaphore(o), { Robust: true }, "robust"],
  [(o) => new Condition(undefined, o), { names: "x" }, "name"],
  [(o) => new Barrier(1, o), { timeOut: 1 }, "timeout"],
  [(o) => new SharedValue("i32", 0, o), { lable: "x" }, "name"],
  [(o) => new SharedArray("i32", 1, o), { locks: true }, "lock"],
  [(o) => Pipe(o), { duplexed: true }, "duplex"],
  [(o) => Pipe(o), { nmae: "x" }, "name"],
  [(o) => new Listener(o), { address: { host: "127.0.0.1", port: 0 }, authkey: authKey }, "authKey"],
  [(o) => new Listener({ address: o, authKey }), { host: "127.0.0.1", port: 0, ports: 1 }, "port"],
  [(o) => getContext("spawn", o), { back_end: "portable" }, "backend"],
  [(o) => setStartMethod("spawn", o), { forced: true }, "force"],
  [(o) => getStartMethod(o), { allow_none: true }, "allowNone"],
];

export const cases: Cases = {
  "every constructor refuses an option that does not exist, and names the nearest one": async () => {
    for (const [call, options, meant] of constructors) {
      const message = meant === "name" && "lable" in options ? /there is name\.$/ : new RegExp(`: did you mean ${meant}\\?$`);
      assert.throws(() => call(options as never), { name: "TypeError", message }, `${call} ${JSON.stringify(options)}`);
    }
    if (!capabilities().sharedMemory) return;
    assert.throws(() => new SharedMemory({ create: true, Size: 1 } as never), { name: "TypeError", message: /did you mean size\?$/ });
  },
  "every wait refuses an option that does not exist, and changes nothing": async () => {
    const near = { name: "TypeError", message: /^"timeOut" is no option of .*: did you mean timeout\?$/ };
    const wrong = { timeOut: 1 } as never;
    const queue = new Queue<number>();
    const simple = new SimpleQueue<number>();
    const [a, b] = Pipe();
    const lock = new Lock();
    const condition = new Condition();
    const event = new Event();
    const barrier = new Barrier(1);
    await queue.put(1);
    await simple.put(1);
    await a.send(1);
    const calls: (() => Promise<unknown>)[] = [
      () => queue.put(2, wrong),
      () => queue.get(wrong),
      () => queue.join(wrong),
      () => simple.put(2, wrong),
      () => simple.get(wrong),
      () => a.send(2, wrong),
      () => a.sendBytes(new Uint8Array(1), 0, 1, wrong),
      () => b.recv(wrong),
      () => b.recvBytes(10, wrong),
      () => b.recvBytesInto(new Uint8Array(10), 0, wrong),
      () => b.poll(wrong),
      () => lock.acquire(wrong),
      () => lock.hold(wrong),
      () => condition.wait(wrong),
      () => condition.waitFor(() => true, wrong),
      () => event.wait(wrong),
      () => barrier.wait(wrong),
      () => wait([queue], wrong),
      () => Client({ host: "127.0.0.1", port: 1 }, { authKey, timeOut: 1 } as never),
    ];
    for (const call of calls) await assert.rejects(call, near, String(call));
    await rejects(barrier.wait({ actions: () => {} } as never), TypeError, /did you mean action\?$/);
    assert.deepEqual([await queue.qsize(), await simple.empty(), await b.poll()], [1, false, true]);
    assert.equal(await lock.acquire({ timeout: 0 }), true);
    await lock.release();
    for (const each of [queue, simple, a, b, lock, condition, event, barrier]) each.close();
  },
  "a process's waits refuse an option that does not exist": async () => {
    const child = new Process({ target: nothing });
    await child.start();
    await rejects(child.join({ timeOut: 1 } as never), TypeError, /did you mean timeout\?$/);
    await rejects(child.result({ signals: 1 } as never), TypeError, /did you mean signal\?$/);
    assert.equal(await child.join(), 0);
    child.close();
  },
  "an option that is like no other is refused with the list of those there are": async () => {
    const message = '"colour" is no option of the queue: there are name, maxsize and redeliver.';
    assert.throws(() => new Queue({ colour: 1 } as never), { name: "TypeError", message });
  },
  "options of a wrong type are TypeErrors": async () => {
    const queue = new Queue();
    await rejects(queue.shutdown({ immediate: 1 } as never), TypeError, /immediate/);
    await rejects(queue.shutdown({ immediately: true } as never), TypeError, /did you mean immediate\?$/);
    await queue.put(1, { block: false });
    queue.close();
    assert.throws(() => setStartMethod("spawn", { force: "yes" } as never), TypeError);
    assert.throws(() => getStartMethod({ allowNone: 1 } as never), TypeError);
    assert.throws(() => getContext("spawn", null as never), TypeError);
    await rejects(Client("/tmp/none", undefined as never), TypeError, /authKey/);
  },
  "inherited options count, and what others added to Object.prototype does not": async () => {
    const queue = new Queue<number>(Object.create({ maxsize: 1 }));
    Object.defineProperty(Object.prototype, "extra", { value: 1, enumerable: true, configurable: true });
    try {
      await queue.put(1, { timeout: 100 });
      assert.equal(await queue.full(), true);
      new Queue({ maxsize: 1 }).close();
    } finally {
      delete (Object.prototype as { extra?: number }).extra;
      queue.close();
    }
  },
};
