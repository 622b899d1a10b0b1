import assert from "node:assert/strict";
import { resolve } from "node:path";
import {
  activeChildren,
  ClosedError,
  type Connection,
  cpuCount,
  currentProcess,
  Pipe,
  Process,
  parentProcess,
  Queue,
  StateError,
  setExecutable,
} from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { rejects, run, started } from "../../suite/help.ts";
import { stay } from "../../suite/sync.ts";
import { echoArgs, untilTold } from "./helpers.ts";

export function aboutMe(): {
  pid: number;
  name: string;
  daemon: boolean;
  alive: boolean;
  exitCode: number | null;
  parent: { pid: number; name: string; alive: boolean } | null;
  children: number;
} {
  const me = currentProcess();
  const parent = parentProcess();
  return {
    pid: process.pid,
    name: me.name,
    daemon: me.daemon,
    alive: me.isAlive(),
    exitCode: me.exitCode,
    parent: parent && { pid: parent.pid, name: parent.name, alive: parent.isAlive() },
    children: activeChildren().length,
  };
}

export async function nameOfGrandchild(): Promise<string[]> {
  const names: string[] = [];
  for (let i = 0; i < 2; i++) {
    const child = new Process({ target: aboutMe });
    names.push(child.name);
    await child.start();
    assert.equal((await child.result()).name, child.name);
    await child.join();
  }
  return names;
}

export async function recurse(writer: Connection<number[]>, id: number[]): Promise<void> {
  await writer.send(id);
  if (id.length === 2) return;
  for (let i = 0; i < 2; i++) {
    const child = new Process({ target: recurse, args: [writer, [...id, i]] });
    await child.start();
    await child.join();
  }
}

export class Upper extends Process {
  readonly conn: Connection<string | null>;
  greeting = "hello";
  constructor(conn: Connection<string | null>) {
    super();
    this.conn = conn;
  }
  override async run(): Promise<string> {
    for (;;) {
      const text = await this.conn.recv();
      if (text === null) break;
      await this.conn.send(text.toUpperCase());
    }
    this.conn.close();
    return `${this.greeting} from ${this.name}, ${this instanceof Upper}, ${currentProcess() === this}`;
  }
}

export function sum(a: number, b: number, { times }: { readonly times: number }): number {
  return (a + b) * times;
}

/** Adds something to what every process does. */
export class Measured extends Process<[number, number, { readonly times: number }], number> {
  override async run(): Promise<number> {
    return (await super.run()) + 0.5;
  }
}

export class Bare extends Process {
  override async run(): Promise<unknown> {
    return [await super.run()];
  }
}

export function environment(name: string): string | undefined {
  return process.env[name];
}

export function workingFolder(): string {
  return process.cwd();
}

export const cases: Cases = {
  "a subclass calls the run() that it inherits": async () => {
    const measured = new Measured({ target: sum, args: [1, 2, { times: 10 }] });
    await measured.start();
    assert.equal(await measured.result(), 30.5);
    await measured.join();
    const bare = new Bare();
    await bare.start();
    assert.deepEqual(await bare.result(), [undefined]);
    await bare.join();
    const lost = new Measured({ target: (a, b) => a + b, args: [1, 2, { times: 1 }] });
    await rejects(lost.start(), StateError);
  },
  "the current process in main (test_current)": slow(async () => {
    const me = currentProcess();
    assert.deepEqual([me.name, me.pid, me.isAlive(), me.daemon, me.exitCode], ["MainProcess", process.pid, true, false, null]);
    assert.equal(parentProcess(), null);
    me.close();
    await rejects(me.join(), StateError);
    await rejects(me.start(), StateError);
    assert.throws(() => me.sentinel, StateError);
    assert.throws(() => me.terminate(), StateError);
  }),
  "life of a process, from both sides (test_process, test_parent_process_attributes, test_active_children)": async () => {
    const p = new Process({ target: aboutMe });
    assert.deepEqual([p.isAlive(), p.exitCode, p.pid, activeChildren().includes(p as never)], [false, null, null, false]);
    assert.ok(Array.isArray(activeChildren()));
    await p.start();
    assert.equal(p.isAlive() && activeChildren().includes(p as never), true);
    const about = await p.result();
    assert.deepEqual(about, {
      pid: p.pid,
      name: p.name,
      daemon: false,
      alive: true,
      exitCode: null,
      parent: { pid: process.pid, name: "MainProcess", alive: true },
      children: 0,
    });
    assert.equal(await p.join(), 0);
    assert.deepEqual([p.exitCode, p.isAlive(), activeChildren().length], [0, false, 0]);
  },
  "args and kwargs arrive (test_args_argument)": slow(async () => {
    for (const args of [[1], ["str"], [[1]], [], [null, undefined, { a: new Map([[1, 2]]) }]])
      assert.deepEqual(await run({ target: echoArgs, args }), args);
    const p = new Process({ target: echoArgs, args: [1], kwargs: { hello: 23 } });
    await p.start();
    assert.deepEqual(await p.result(), [1, { hello: 23 }]);
    await p.join();
  }),
  "daemon: as given, else as the creator's (test_daemon_argument)": async () => {
    assert.equal(new Process({ target: stay }).daemon, false);
    for (const daemon of [true, false]) assert.equal(new Process({ target: stay, daemon }).daemon, daemon);
    const p = new Process({ target: stay });
    p.daemon = true;
    assert.equal(p.daemon, true);
    assert.throws(() => {
      p.daemon = 1 as never;
    }, TypeError);
    assert.equal((await run({ target: aboutMe, daemon: true })).daemon, true);
  },
  "names: Process-N, Process-N:M, Upper-N; settable": slow(async () => {
    const p = new Process({ target: nameOfGrandchild });
    assert.match(p.name, /^Process-\d+$/);
    await p.start();
    assert.deepEqual(await p.result(), [`${p.name}:1`, `${p.name}:2`]);
    await p.join();
    const [conn] = Pipe<string | null>();
    assert.match(new Upper(conn).name, /^Upper-\d+$/);
    assert.equal(new Process({ target: stay, name: "mine" }).name, "mine");
    p.name = "later";
    assert.equal(p.name, "later");
    assert.throws(() => {
      p.name = 5 as never;
    }, TypeError);
    assert.match(new Process({ name: "" }).name, /^Process-/);
  }),
  "cpuCount (test_cpu_count)": async () => {
    assert.ok(Number.isInteger(cpuCount()) && cpuCount() >= 1);
  },
  "children of children report through one inherited pipe (test_recursion)": slow(async () => {
    const [reader, writer] = Pipe<number[]>(false);
    const p = await started({ target: recurse, args: [writer, []] });
    await p.join();
    const seen: number[][] = [];
    while (await reader.poll()) seen.push(await reader.recv());
    assert.deepEqual(seen, [[], [0], [0, 0], [0, 1], [1], [1, 0], [1, 1]]);
  }),
  "close (test_close)": async () => {
    const q = new Queue();
    const p = await started({ target: untilTold, args: [q] });
    assert.throws(() => p.close(), StateError);
    await q.put(1);
    await p.join();
    p.close();
    p.close();
    for (const call of [() => p.isAlive(), () => p.terminate(), () => p.kill(), () => p.pid, () => p.exitCode, () => p.sentinel])
      assert.throws(call, ClosedError);
    for (const call of [() => p.join(), () => p.start(), () => p.result()]) await rejects(call(), ClosedError);
    assert.equal(typeof p.name, "string");
    assert.equal(p.daemon, false);
  },
  "calls before start, and start twice": async () => {
    const p = new Process({ target: echoArgs });
    await rejects(p.join(), StateError, /start/);
    await rejects(p.result(), StateError);
    assert.throws(() => p.terminate(), StateError);
    assert.throws(() => p.kill(), StateError);
    await p.start();
    await rejects(p.start(), StateError);
    await p.join();
    await rejects(p.start(), StateError);
    assert.throws(() => {
      p.daemon = true;
    }, StateError);
    p.close();
    await rejects(p.start(), ClosedError);
  },
  "a subclass with run, its fields and both ways of a pipe (test_subclassing)": async () => {
    const [conn, childs] = Pipe<string | null>();
    const p = new Upper(childs);
    await p.start();
    childs.close();
    await conn.send("hello");
    assert.equal(await conn.recv(), "HELLO");
    await conn.send(null);
    assert.equal(await p.result(), `hello from ${p.name}, true, true`);
    assert.equal(await p.join(), 0);
  },
  "run() may be called in this process, before start": async () => {
    assert.deepEqual(await new Process({ target: echoArgs, args: [1, 2] }).run(), [1, 2]);
    const p = await started({ target: echoArgs });
    await rejects(p.run(), StateError);
    await p.join();
  },
  "env adds, undefined removes; cwd": slow(async () => {
    process.env.PP_REMOVED = "there";
    assert.equal(await run({ target: environment, args: ["PP_ADDED"], env: { PP_ADDED: "x" } }), "x");
    assert.equal(await run({ target: environment, args: ["PP_REMOVED"] }), "there");
    assert.equal(await run({ target: environment, args: ["PP_REMOVED"], env: { PP_REMOVED: undefined } }), undefined);
    assert.equal(await run({ target: workingFolder, cwd: "/" }), resolve("/"));
  }),
  "setExecutable takes a path and a URL (test_set_executable)": async () => {
    const { pathToFileURL } = await import("node:url");
    try {
      for (const path of [process.execPath, pathToFileURL(process.execPath)]) {
        setExecutable(path);
        assert.deepEqual(await run({ target: echoArgs, args: [1] }), [1]);
      }
      setExecutable("/nowhere/runtime");
      await rejects(new Process({ target: echoArgs }).start(), Error, /nowhere/);
    } finally {
      setExecutable(null);
    }
    assert.throws(() => setExecutable(5 as never), TypeError);
  },
};
