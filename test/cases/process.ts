import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Connection } from "../../mod.ts";
import {
  activeChildren,
  ClosedError,
  cpuCount,
  currentProcess,
  getContext,
  Pipe,
  Process,
  ProcessDiedError,
  type ProcessOptions,
  parentProcess,
  Queue,
  RemoteError,
  SerializationError,
  StateError,
  setExecutable,
  setForkserverPreload,
  TimeoutError,
  UnsupportedError,
  wait,
} from "../../mod.ts";
import type { Cases } from "../suite/case.ts";
import { isNative, rejects, run, started } from "../suite/help.ts";
import { collectGarbage, settled } from "../suite/leaks.ts";

export function echoArgs(...args: unknown[]): unknown[] {
  return args;
}

export async function forever(): Promise<void> {
  await new Promise(() => setInterval(() => {}, 1000));
}

export async function untilTold(q: Queue): Promise<void> {
  await q.get();
}

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

export async function watchParent(reports: Queue<string>): Promise<void> {
  const parent = parentProcess();
  await reports.put(parent?.isAlive() === true ? "alive" : "not alive");
  await parent?.join({ timeout: 10_000 });
  await reports.put(parent?.isAlive() === true ? "alive" : "not alive");
}

export async function startWatcher(reports: Queue<string>): Promise<void> {
  const child = new Process({ target: watchParent, args: [reports], detached: true });
  await child.start();
  await forever();
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

export class Failing extends TypeError {
  readonly detail: { deep: number[] };
  constructor(message: string, deep: number[]) {
    super(message, { cause: new RangeError("the cause") });
    this.detail = { deep };
  }
}

export function throwRangeError(): never {
  throw Object.assign(new RangeError("out of range", { cause: new TypeError("inner") }), { extra: [1, 2] });
}

export function throwUnknown(): never {
  throw new Failing("of a class of its own", [1]);
}

export function throwString(): never {
  throw "just a string";
}

export function throwUnsendable(): never {
  throw Object.assign(new Error("with a function"), { fn: () => 1 });
}

export function throwLater(): Promise<void> {
  setTimeout(() => {
    throw new Error("in a timer");
  }, 10);
  return forever();
}

export function rejectLater(): Promise<void> {
  setTimeout(() => void Promise.reject(new Error("nobody caught it")), 10);
  return forever();
}

export function exitWith(code: number): void {
  process.exit(code);
}

export function setExitCode(code: number): void {
  process.exitCode = code;
}

export function unsendable(): unknown {
  return { at: [() => 1] };
}

export async function neverSettles(): Promise<void> {
  await new Promise(() => {});
}

export function writeAtExit(file: string): void {
  process.on("exit", () => writeFileSync(file, "exit handler ran"));
}

export async function stayForTimer(q: Queue<string>): Promise<void> {
  setTimeout(() => void q.put("late"), 100);
  setInterval(() => {}, 1000).unref?.();
}

export async function signalMe(ready: Queue): Promise<number> {
  let signals = 0;
  process.on("SIGUSR2", () => signals++);
  await ready.put(process.pid);
  while (signals < 3) await delay(5);
  return signals;
}

export async function readStdin(): Promise<string> {
  let text = "";
  for await (const chunk of process.stdin) text += String(chunk);
  return `eof after ${text.length}`;
}

export async function writeGarbage(): Promise<string> {
  const { writeSync } = await import("node:fs");
  try {
    for (let i = 0; i < 20; i++) writeSync(0, "garbage ".repeat(100));
  } catch {
    // This runtime's channel can't be written to.
  }
  return "went on";
}

export function environment(name: string): string | undefined {
  return process.env[name];
}

export function workingFolder(): string {
  return process.cwd();
}

export function speak(): void {
  console.log("to stdout");
  console.error("to stderr");
}

export function speakAndDie(): void {
  console.error("last words");
  process.kill(process.pid, "SIGKILL");
}

export function floodStdout(): number {
  const line = `${"x".repeat(1023)}\n`;
  for (let i = 0; i < 1024; i++) process.stdout.write(line);
  return 1024;
}

async function textOf(stream: ReadableStream<Uint8Array> | null): Promise<string> {
  if (stream === null) return "";
  return new Response(stream).text();
}

export function openFiles(): string | undefined {
  return /Max open files\s+(\d+)/.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
}

function childrenOfThis(): number[] {
  const isOurs = (pid: string): boolean => {
    try {
      return new RegExp(`^PPid:\\s${process.pid}$`, "m").test(readFileSync(`/proc/${pid}/status`, "utf8"));
    } catch {
      return false;
    }
  };
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && isOurs(name))
    .map(Number);
}

export const cases: Cases = {
  "the current process in main (test_current)": async () => {
    const me = currentProcess();
    assert.deepEqual([me.name, me.pid, me.isAlive(), me.daemon, me.exitCode], ["MainProcess", process.pid, true, false, null]);
    assert.equal(parentProcess(), null);
    me.close();
    await rejects(me.join(), StateError);
    await rejects(me.start(), StateError);
    assert.throws(() => me.sentinel, StateError);
    assert.throws(() => me.terminate(), StateError);
  },
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
  "args and kwargs arrive (test_args_argument)": async () => {
    for (const args of [[1], ["str"], [[1]], [], [null, undefined, { a: new Map([[1, 2]]) }]])
      assert.deepEqual(await run({ target: echoArgs, args }), args);
    const p = new Process({ target: echoArgs, args: [1], kwargs: { hello: 23 } });
    await p.start();
    assert.deepEqual(await p.result(), [1, { hello: 23 }]);
    await p.join();
  },
  "daemon: as given, else as the creator's (test_daemon_argument)": async () => {
    assert.equal(new Process({ target: forever }).daemon, false);
    for (const daemon of [true, false]) assert.equal(new Process({ target: forever, daemon }).daemon, daemon);
    const p = new Process({ target: forever });
    p.daemon = true;
    assert.equal(p.daemon, true);
    assert.throws(() => {
      p.daemon = 1 as never;
    }, TypeError);
    assert.equal((await run({ target: aboutMe, daemon: true })).daemon, true);
  },
  "names: Process-N, Process-N:M, Upper-N; settable": async () => {
    const p = new Process({ target: nameOfGrandchild });
    assert.match(p.name, /^Process-\d+$/);
    await p.start();
    assert.deepEqual(await p.result(), [`${p.name}:1`, `${p.name}:2`]);
    await p.join();
    const [conn] = Pipe<string | null>();
    assert.match(new Upper(conn).name, /^Upper-\d+$/);
    assert.equal(new Process({ target: forever, name: "mine" }).name, "mine");
    p.name = "later";
    assert.equal(p.name, "later");
    assert.throws(() => {
      p.name = 5 as never;
    }, TypeError);
    assert.match(new Process({ name: "" }).name, /^Process-/);
  },
  "a parent's end is seen by its detached child (test_parent_process)": async () => {
    const reports = new Queue<string>();
    const p = await started({ target: startWatcher, args: [reports] });
    assert.equal(await reports.get(), "alive");
    p.terminate();
    assert.equal(await p.join(), -15);
    assert.equal(await reports.get({ timeout: 5000 }), "not alive");
  },
  "terminate: join(0), join(-1) return at once; -15 (test_terminate)": async () => {
    const ready = new Queue();
    const p = await started({ target: untilTold, args: [ready] });
    assert.equal(await p.join({ timeout: 0 }), null);
    assert.equal(await p.join({ timeout: -1 }), null);
    assert.equal(p.isAlive(), true);
    p.terminate();
    assert.equal(await p.join(), -15);
    assert.equal(p.exitCode, -15);
    assert.equal(await p.join(), -15);
    p.terminate();
    p.kill();
    assert.equal(p.exitCode, -15);
    assert.equal(activeChildren().includes(p as never), false);
    const error = (await rejects(p.result(), ProcessDiedError)) as ProcessDiedError;
    assert.deepEqual([error.pid, error.exitCode, error.signal], [p.pid, -15, "SIGTERM"]);
  },
  "kill: -9 (test_kill)": async () => {
    const p = await started({ target: forever });
    p.kill();
    assert.equal(await p.join(), -9);
  },
  "cpuCount (test_cpu_count)": async () => {
    assert.ok(Number.isInteger(cpuCount()) && cpuCount() >= 1);
  },
  "children of children report through one inherited pipe (test_recursion)": async () => {
    const [reader, writer] = Pipe<number[]>(false);
    const p = await started({ target: recurse, args: [writer, []] });
    await p.join();
    const seen: number[][] = [];
    while (await reader.poll()) seen.push(await reader.recv());
    assert.deepEqual(seen, [[], [0], [0, 0], [0, 1], [1], [1, 0], [1, 1]]);
  },
  "sentinel (test_sentinel)": async () => {
    const q = new Queue();
    const p = new Process({ target: untilTold, args: [q] });
    assert.throws(() => p.sentinel, StateError);
    await p.start();
    assert.deepEqual(await wait([p.sentinel], { timeout: 0 }), []);
    await q.put(1);
    assert.deepEqual(await wait([p.sentinel], { timeout: 10_000 }), [p.sentinel]);
    assert.equal(await p.join(), 0);
    assert.deepEqual(await wait([p.sentinel], { timeout: 0 }), [p.sentinel]);
  },
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
  "many processes, then many killed at once (test_many_processes)": async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => started({ target: echoArgs })));
    for (const p of all) assert.equal(await p.join(), 0);
    const killed = await Promise.all(Array.from({ length: 6 }, () => started({ target: forever })));
    for (const p of killed) p.terminate();
    for (const p of killed) assert.equal(await p.join(), -15);
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
  "an uncaught error: class, fields, cause, stack, exit code 1, text on stderr (test_stderr_flush)": async () => {
    const p = await started({ target: throwRangeError, stderr: "pipe" });
    const error = (await rejects(p.result(), RangeError, /out of range/)) as RangeError & { extra: number[]; remote: unknown };
    assert.deepEqual(error.extra, [1, 2]);
    assert.ok(error.cause instanceof TypeError && error.cause.message === "inner");
    assert.match(String(error.stack), /throwRangeError/);
    assert.deepEqual(error.remote, { pid: p.pid, name: p.name, runtime: (error.remote as { runtime: string }).runtime });
    assert.equal(await p.join(), 1);
    const text = await textOf(p.stderr);
    assert.match(text, new RegExp(`^Process ${p.name}:`));
    assert.match(text, /RangeError/);
    assert.match(text, /process\.ts|process\.js/);
  },
  "errors of unknown classes, with fields that can't travel, and what is no error": async () => {
    const p = await started({ target: throwUnknown, stderr: "null" });
    const error = (await rejects(p.result(), RemoteError, /of its own/)) as RemoteError & { detail: unknown };
    assert.equal(error.remoteName, "Failing");
    assert.deepEqual(error.detail, { deep: [1] });
    assert.ok(error.cause instanceof RangeError);
    await p.join();
    const q = await started({ target: throwUnsendable, stderr: "null" });
    await rejects(q.result(), RemoteError, /with a function/);
    assert.equal(await q.join(), 1);
    const s = await started({ target: throwString, stderr: "null" });
    assert.equal(await s.result().catch((thrown: unknown) => thrown), "just a string");
    assert.equal(await s.join(), 1);
  },
  "errors outside the target end the child too": async () => {
    for (const [target, message] of [
      [throwLater, /in a timer/],
      [rejectLater, /nobody caught it/],
    ] as const) {
      const p = await started({ target, stderr: "null" });
      await rejects(p.result(), Error, message);
      assert.equal(await p.join(), 1);
    }
  },
  "exit codes: process.exit, exitCode, nothing (test_sys_exit)": async () => {
    for (const code of [0, 1, 8]) {
      const p = await started({ target: exitWith, args: [code] });
      assert.equal(await p.join(), code);
      const error = (await rejects(p.result(), ProcessDiedError)) as ProcessDiedError;
      assert.equal(error.exitCode, code);
    }
    const p = await started({ target: setExitCode, args: [7] });
    assert.equal(await p.result(), undefined);
    assert.equal(await p.join(), 7);
  },
  "a result that can't travel: SerializationError, exit code 0": async () => {
    const p = await started({ target: unsendable });
    await rejects(p.result(), SerializationError, /value\.at\[0\]/);
    assert.equal(await p.join(), 0);
  },
  "a target that can never settle is an uncaught error": async () => {
    const p = await started({ target: neverSettles, stderr: "pipe" });
    await rejects(p.result(), StateError, /never/);
    assert.equal(await p.join(), 1);
  },
  "exit handlers of the child run (test_atexit)": async () => {
    const file = join(tmpdir(), `atexit-${process.pid}`);
    await run({ target: writeAtExit, args: [file] });
    assert.equal(readFileSync(file, "utf8"), "exit handler ran");
    (await import("node:fs")).rmSync(file);
  },
  "pending work keeps the child, unref'd work does not (test_wait_for_threads)": async () => {
    const q = new Queue<string>();
    const p = await started({ target: stayForTimer, args: [q] });
    assert.equal(await p.join({ timeout: 10_000 }), 0);
    assert.equal(await q.getNowait(), "late");
  },
  "signals with a handler break nothing (test_poll_eintr, test_ignore)": async () => {
    const ready = new Queue<number>();
    const p = await started({ target: signalMe, args: [ready] });
    const pid = await ready.get();
    const joining = p.join();
    for (let i = 0; i < 3; i++) {
      process.kill(pid, "SIGUSR2");
      await delay(30);
    }
    assert.equal(await p.result({ timeout: 10_000 }), 3);
    assert.equal(await joining, 0);
  },
  "a child that writes garbage on its channel harms nobody": async () => {
    assert.equal(await run({ target: writeGarbage }), "went on");
    assert.deepEqual(await run({ target: echoArgs, args: [1] }), [1]);
  },
  "stdin reads EOF": async () => {
    assert.equal(await run({ target: readStdin }), "eof after 0");
  },
  "env adds, undefined removes; cwd": async () => {
    process.env.PP_REMOVED = "there";
    assert.equal(await run({ target: environment, args: ["PP_ADDED"], env: { PP_ADDED: "x" } }), "x");
    assert.equal(await run({ target: environment, args: ["PP_REMOVED"] }), "there");
    assert.equal(await run({ target: environment, args: ["PP_REMOVED"], env: { PP_REMOVED: undefined } }), undefined);
    assert.equal(await run({ target: workingFolder, cwd: "/" }), "/");
  },
  "stdout and stderr piped, and thrown away": async () => {
    const p = await started({ target: speak, stdout: "pipe", stderr: "pipe" });
    assert.equal(await p.join(), 0);
    assert.equal(await textOf(p.stdout), "to stdout\n");
    assert.equal(await textOf(p.stderr), "to stderr\n");
    const q = await started({ target: speak, stdout: "null", stderr: "null" });
    assert.equal(await q.join(), 0);
    assert.deepEqual([q.stdout, q.stderr], [null, null]);
  },
  "piped output that nobody reads never stops the child": async () => {
    const p = await started({ target: floodStdout, stdout: "pipe" });
    assert.equal(await p.result({ timeout: 15_000 }), 1024);
    assert.equal(await p.join(), 0);
    assert.equal((await textOf(p.stdout)).length, 1 << 20);
  },
  "a death's error carries the last of a piped stderr": async () => {
    const p = await started({ target: speakAndDie, stderr: "pipe" });
    await rejects(p.result(), ProcessDiedError, /SIGKILL[\s\S]*last words/);
    await p.join();
  },
  "result: timeout, abort; more than once": async () => {
    const q = new Queue();
    const p = await started({ target: untilTold, args: [q] });
    await rejects(p.result({ timeout: 20 }), TimeoutError);
    const reason = new Error("enough");
    await assert.rejects(p.result({ signal: AbortSignal.abort(reason) }), reason);
    await assert.rejects(p.join({ signal: AbortSignal.abort(reason) }), reason);
    const abort = new AbortController();
    const joining = p.join({ signal: abort.signal });
    abort.abort(reason);
    await assert.rejects(joining, reason);
    await rejects(p.join({ timeout: "1" as never }), TypeError);
    await rejects(p.result({ timeout: Number.NaN }), TypeError);
    await q.put(1);
    assert.equal(await p.result(), undefined);
    assert.equal(await p.result({ timeout: 2 ** 31 }), undefined);
    await p.join({ timeout: Number.POSITIVE_INFINITY });
  },
  "await using ends the child": async () => {
    const p = await started({ target: forever });
    await p[Symbol.asyncDispose]();
    assert.throws(() => p.exitCode, ClosedError);
    await new Process({ target: forever })[Symbol.asyncDispose]();
  },
  "what waits for a start that fails hears why; the process can be started again": async () => {
    const p = new Process({ target: forever, cwd: "/nowhere" });
    for (let i = 0; i < 2; i++) {
      const starting = rejects(p.start(), Error, /cwd \/nowhere/);
      const waits = [p.join(), p.join({ timeout: 20_000 }), p.result(), wait([p]), wait([p.sentinel])];
      for (const twin of [() => p.joinSync(), () => p.resultSync()]) assert.throws(twin, StateError, "nobody would ever start it");
      // It is forgotten with the start that failed.
      p.kill();
      const [error, ...heard] = await Promise.all([starting, ...waits.map((waiting) => rejects(waiting, Error, /cwd \/nowhere/))]);
      assert.ok(heard.every((each) => each === error));
      await rejects(p.join(), StateError);
    }
    p.close();
  },
  "disposal while a start is under way, whether it then fails or not": async () => {
    const all: Pick<Process, "start" | typeof Symbol.asyncDispose>[] = [
      new Process({ target: () => 1 }),
      new Process({ target: forever, cwd: "/nowhere" }),
      new Process({ target: forever }),
    ];
    const starts = all.map((each) => each.start());
    const ends = all.map((each) => each[Symbol.asyncDispose]());
    assert.deepEqual(
      (await Promise.allSettled(starts)).map(({ status }) => status),
      ["rejected", "rejected", "fulfilled"],
    );
    await Promise.all(ends);
    assert.equal(activeChildren().length, 0);
  },
  "a wait that ran out leaves nothing behind": async () => {
    const p = await started({ target: forever });
    const signals: WeakRef<AbortSignal>[] = [];
    const look = async (): Promise<void> => {
      const { signal } = new AbortController();
      signals.push(new WeakRef(signal));
      assert.equal(await p.join({ timeout: 0, signal }), null);
      await rejects(p.result({ timeout: 0, signal }), TimeoutError);
      assert.deepEqual(await wait([p], { timeout: 0, signal }), []);
    };
    for (let i = 0; i < 100; i++) await look();
    // A collector may take a few for alive.
    const left = await settled(() => {
      collectGarbage();
      return signals.flatMap((signal) => (signal.deref() === undefined ? [] : ["a signal"])).slice(10);
    });
    assert.deepEqual(left, []);
    p.kill();
    await p.join();
  },
  "forkserver: a child with limits, or of another backend, is none that was booted before they were known": async () => {
    const { Process: Warm } = getContext("forkserver");
    const { Process: PortableWarm } = getContext("forkserver", { backend: "portable" });
    const limited = (): Process<[], string | undefined> => new Warm({ target: openFiles, limits: { openFiles: 300 } });
    const ofPortable = (): Process<[], string | undefined> => new PortableWarm({ target: openFiles });
    const own = isNative ? [limited, limited, ofPortable] : [() => new Warm({ target: openFiles, env: { PP_OWN: "1" } })];
    for (const make of own) {
      const first = new Warm({ target: echoArgs });
      await first.start();
      await first.join();
      let spares: number[] = [];
      await settled(() => {
        spares = childrenOfThis();
        return spares.length > 0 ? [] : ["no spare yet"];
      });
      assert.ok(spares.length > 0);
      // Until it is ready.
      await delay(500);
      spares = childrenOfThis();
      const p = make();
      await p.start();
      assert.ok(!spares.includes(p.pid as number), "a spare was taken");
      if (make === ofPortable) assert.throws(() => p.joinSync(), UnsupportedError);
      if (make === limited) assert.equal(await p.result(), "300");
      assert.equal(await p.join(), 0);
    }
    // The spares that are left go.
    setForkserverPreload([]);
  },
  "bad options": async () => {
    const bad = (options: unknown): Process => new Process(options as ProcessOptions<unknown[], unknown>);
    for (const options of [
      5,
      "x",
      null,
      { target: 5 },
      { target: {} },
      { target: "work" },
      { target: { module: "./x.ts" } },
      { target: { module: 5 } },
    ])
      assert.throws(() => bad(options), TypeError, JSON.stringify(options));
    for (const options of [
      { args: "abc" },
      { args: 5 },
      { args: null },
      { kwargs: 5 },
      { name: 5 },
      { daemon: 1 },
      { detached: "x" },
      { execArgv: "x" },
      { env: 5 },
      { cwd: 5 },
      { stdout: "x" },
      { stderr: 1 },
      { runtime: 5 },
      { runtime: {} },
      { transfer: 5 },
      { startTimeout: "1" },
      { startTimeout: Number.NaN },
    ]) {
      assert.throws(() => bad({ target: forever, ...options }), TypeError, JSON.stringify(options));
    }
    assert.throws(() => bad({ target: forever, runtime: "python" }), RangeError);
    const PortableProcess = getContext("spawn", { backend: "portable" }).Process;
    assert.throws(() => new PortableProcess({ target: forever, limits: { memory: 1 } }), UnsupportedError);
  },
  "arguments that can't travel: the path is named, and the process can still be started": async () => {
    const p = new Process({ target: echoArgs, args: [1, { handlers: { onEnd: () => 1 } }] });
    await rejects(p.start(), SerializationError, /args\[1\]\.handlers\.onEnd/);
    assert.equal(p.pid, null);
    const q = new Process({ target: echoArgs, args: [], kwargs: { at: Symbol("s") } });
    await rejects(q.start(), SerializationError, /kwargs\.at/);
  },
  "a program that isn't there, a cwd that isn't": async () => {
    const p = new Process({ target: forever, runtime: { execPath: "/nowhere/runtime" } });
    await rejects(p.start(), Error, /\/nowhere\/runtime/);
    const q = new Process({ target: forever, cwd: "/nowhere" });
    await rejects(q.start(), Error, /cwd \/nowhere/);
    const r = new Process({ target: forever, runtime: { execPath: "/etc/passwd" } });
    await rejects(r.start(), Error, /could not be started/);
    assert.equal(activeChildren().length, 0);
  },
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
  "sync twins are for the native backend": async () => {
    const p = new (getContext("spawn", { backend: "portable" }).Process)({ target: forever });
    assert.throws(() => p.joinSync(), StateError);
    await p.start();
    assert.throws(() => p.joinSync(), UnsupportedError);
    assert.throws(() => p.resultSync(), UnsupportedError);
    p.kill();
    await p.join();
  },
};
