import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  activeChildren,
  type Connection,
  capabilities,
  getAllStartMethods,
  getContext,
  getStartMethod,
  isMain,
  Pipe,
  Process,
  Queue,
  type StartMethod,
  StateError,
  setForkserverPreload,
  setStartMethod,
  TimeoutError,
  UnsupportedError,
} from "../../mod.ts";
import type { Cases } from "../suite/case.ts";
import { rejects, run, started } from "../suite/help.ts";

const fixture = (name: string): URL => new URL(`../programs/${name}${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

export async function methodHere(): Promise<string | null> {
  return getStartMethod();
}

export async function methodsOfTree(): Promise<(string | null)[]> {
  const child = new Process({ target: methodHere });
  await child.start();
  const below = await child.result();
  await child.join();
  return [getStartMethod(), below];
}

export function preloaded(): unknown {
  return (globalThis as { preloadedBefore?: unknown }).preloadedBefore;
}

export function flags(): string[] {
  return process.execArgv;
}

export async function flagsOfTree(): Promise<string[][]> {
  return [process.execArgv, await run({ target: flags })];
}

export async function hello(q: Queue<string>, text: string): Promise<void> {
  await q.put(text);
}

export function closeStdio(): void {
  process.stdout.destroy();
  process.stderr.destroy();
}

export function amIMain(): boolean {
  return isMain(import.meta);
}

export const arrow = (n: number): number => n + 1;

export default function byDefault(n: number): number {
  return n + 2;
}

export function blocks(ms: number): string {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  return "done";
}

/** Shares what it made only when it is told to. */
export async function sharesLate(go: Connection): Promise<void> {
  await go.send("ready");
  await go.recv();
  const own = new Queue<string>();
  await own.put("inside");
  await go.send(own);
  await go.recv();
}

/** As if nobody had touched it for a minute. */
function age(folder: string): void {
  const then = Date.now() / 1000 - 60;
  utimesSync(folder, then, then);
}

/** What another program of this user does at its first start. */
async function foundAnotherTree(): Promise<void> {
  const { Tree } = await import("../../src/tree/tree.ts");
  const other = new Tree();
  assert.ok(existsSync(other.membership.folder));
  other.leave();
}

function listening(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(path, () => resolve(server));
  });
}

export const cases: Cases = {
  "all forms of targets": async () => {
    assert.equal(await run({ target: arrow, args: [1] }), 2);
    assert.equal(await run({ target: byDefault, args: [1] }), 3);
    assert.equal(await run({ target: new URL(import.meta.url), args: [1] }), 3);
    assert.equal(await run({ target: { module: import.meta.url, name: "arrow" }, args: [1] }), 2);
    assert.equal(await run({ target: { module: new URL(import.meta.url) }, args: [1] }), 3);
    assert.equal(await run({}), undefined);
  },
  "a closure, a lambda, a bound and a built-in function are refused with advice": async () => {
    const closure = (): number => 1;
    for (const target of [closure, () => 2, arrow.bind(null, 1), Math.max as never]) {
      const p = new Process({ target });
      await rejects(p.start(), StateError, /export/i);
      assert.equal(p.pid, null);
    }
    assert.equal(activeChildren().length, 0);
  },
  "a missing module, a missing export, an export that is no function": async () => {
    for (const [target, message] of [
      [new URL("./not-there.ts", import.meta.url), /not-there/],
      [{ module: import.meta.url, name: "nobody" }, /no export "nobody"/],
      [{ module: import.meta.url, name: "cases" }, /must be a function/],
    ] as const) {
      const p = await started({ target, stderr: "pipe" });
      await rejects(p.result({ timeout: 20_000 }), Error, message);
      assert.equal(await p.join(), 1);
    }
  },
  "an import that throws": async () => {
    const p = await started({ target: fixture("import-throws"), stderr: "pipe" });
    await rejects(p.result(), RangeError, /thrown at import/);
    assert.equal(await p.join(), 1);
  },
  "an import that never ends: startTimeout": async () => {
    const p = await started({ target: fixture("import-never-ends"), startTimeout: 700 });
    await rejects(p.result(), TimeoutError, /700 ms/);
    assert.equal(await p.join(), -9);
  },
  "a target that blocks its event loop for longer than startTimeout has started": async () => {
    assert.equal(await run({ target: blocks, args: [1700], startTimeout: 1500 }), "done");
  },
  "a start while a child imports its module is refused (test_noforkbomb)": async () => {
    const p = await started({ target: fixture("starts-at-import"), stderr: "null" });
    await rejects(p.result(), StateError, /import\.meta\.main/);
    assert.equal(await p.join(), 1);
  },
  "isMain is false in a child": async () => {
    assert.equal(isMain(import.meta), false);
    assert.equal(await run({ target: amIMain }), false);
  },
  "start methods: names, default, fixed once (test_get_all, test_set_get)": async () => {
    assert.deepEqual(getAllStartMethods(), ["spawn", "forkserver"]);
    setStartMethod(null, { force: true });
    assert.equal(getStartMethod({ allowNone: true }), null);
    assert.equal(getStartMethod(), "spawn");
    assert.throws(() => setStartMethod("forkserver"), StateError);
    assert.throws(() => setStartMethod("fork" as never, { force: true }), UnsupportedError);
    assert.throws(() => setStartMethod("thread" as never, { force: true }), RangeError);
    assert.throws(() => setStartMethod(5 as never, { force: true }), RangeError);
    setStartMethod("spawn", { force: true });
  },
  "contexts know their method and refuse another one (test_context)": async () => {
    for (const method of getAllStartMethods()) {
      const context = getContext(method);
      assert.equal(context.getStartMethod(), method);
      assert.equal(context.getContext(), context);
      assert.equal(getContext(method), context);
      assert.throws(() => context.setStartMethod("spawn"), StateError);
      assert.throws(() => context.setStartMethod(null), StateError);
      const p = new context.Process({ target: methodHere });
      assert.match(p.name, /^Process-/);
      await p.start();
      assert.equal(await p.result(), method);
      assert.equal(await p.join(), 0);
    }
    assert.throws(() => getContext("fork" as StartMethod), UnsupportedError);
    assert.throws(() => getContext("spawn", { backend: "nats" as never }), RangeError);
    assert.equal(getContext("spawn", { backend: "portable" }).getStartMethod(), "spawn");
  },
  "a child's children start as it was started": async () => {
    const p = new (getContext("forkserver").Process)({ target: methodsOfTree });
    await p.start();
    assert.deepEqual(await p.result(), ["forkserver", "forkserver"]);
    await p.join();
  },
  "objects work across start methods (test_mixed_startmethod)": async () => {
    const q = new (getContext("forkserver").Queue)<string>();
    for (const method of getAllStartMethods()) {
      const p = new (getContext(method).Process)({ target: hello, args: [q, method] });
      await p.start();
      assert.equal(await q.get(), method);
      await p.join();
    }
  },
  "forkserver: a job that comes while its spare still preloads is not lost": async () => {
    setForkserverPreload([fixture("preload-slowly")]);
    const { Process: Warm } = getContext("forkserver");
    const children = [1, 2].map(() => new Warm({ target: methodHere }));
    for (const child of children) await child.start();
    for (const child of children) assert.equal(await child.result({ timeout: 10_000 }), "forkserver");
    for (const child of children) assert.equal(await child.join(), 0);
    setForkserverPreload([]);
  },
  "forkserver: spares are warm, preloaded, refilled, and hold nothing": async () => {
    setForkserverPreload([fixture("preload")]);
    const { Process: Warm } = getContext("forkserver");
    const warm = async (): Promise<unknown> => {
      const p = new Warm({ target: preloaded });
      await p.start();
      const result = await p.result();
      assert.equal(await p.join(), 0);
      return result;
    };
    for (let i = 0; i < 5; i++) assert.equal(await warm(), true);
    assert.equal(activeChildren().length, 0, "spares are nobody's children");
    assert.throws(() => setForkserverPreload("x" as never), TypeError);
    assert.throws(() => setForkserverPreload(["./x.ts"]), TypeError);
    assert.throws(() => setForkserverPreload([5 as never]), TypeError);
    setForkserverPreload([]);
  },
  "forkserver: settings of a process's own get a fresh one": async () => {
    const { Process: Warm } = getContext("forkserver");
    const p = new Warm({ target: hello, args: [new Queue<string>(), "x"], env: { PP_OWN: "1" }, stdout: "pipe" });
    await p.start();
    assert.equal(await p.join(), 0);
    // The spares that it left ready go.
    setForkserverPreload([]);
  },
  "a child that breaks its own stdio still exits 0 (test_error_on_stdio_flush)": async () => {
    const p = await started({ target: closeStdio });
    assert.equal(await p.join(), 0);
  },
  "capabilities say what there is": async () => {
    const { runtime, version, backend, reason, ...rest } = capabilities();
    assert.ok(["node", "deno", "bun"].includes(runtime));
    assert.match(version, /^\d+\.\d+/);
    assert.ok(reason.length > 0);
    const { library, ...others } = rest;
    const has = backend === "native";
    assert.match(String(library), has ? /^\/.*polyproc\.node$/ : /^null$/);
    assert.deepEqual(others, { abi: has ? 2 : null, fileno: has, sync: has, sharedMemory: has, limits: has });
  },
  "interpreter flags reach child and grandchild (test_flags)": async () => {
    const [child, grandchild] = await run({ target: flagsOfTree });
    assert.deepEqual(child, process.execArgv);
    assert.deepEqual(grandchild, process.execArgv);
  },
  "a first start removes what is left of dead trees, and nothing else": async () => {
    const folders: string[] = [];
    const make = (name: string, mode = 0o700): string => {
      const folder = join(tmpdir(), `polyproc-${name}`);
      mkdirSync(folder, { mode });
      folders.push(folder);
      return folder;
    };
    const dead = async (folder: string): Promise<string> => {
      const server = await listening(join(folder, "s"));
      renameSync(join(folder, "s"), join(folder, "dead.sock"));
      server.close();
      return folder;
    };
    const gone = [make("aaaaaa"), await dead(make("bBbB12"))];
    const staying = [
      make("cccccc", 0o755),
      make("backups"),
      make("backup"),
      make("main"),
      await dead(make("dddddd")),
      make("eeeeee"),
      make("living"),
    ];
    for (const folder of staying.slice(2, 5)) writeFileSync(join(folder, "file"), "");
    mkdirSync(join(tmpdir(), "polyproc-eeeeee", "folder"));
    const server = await listening(join(tmpdir(), "polyproc-living", "living.sock"));
    const before = staying.map((folder) => readdirSync(folder));
    for (const folder of folders) age(folder);
    const young = make("ffffff");
    try {
      await foundAnotherTree();
      while (gone.some((folder) => existsSync(folder))) await delay(10);
      await delay(100);
      assert.deepEqual(
        staying.map((folder) => existsSync(folder) && readdirSync(folder)),
        before,
      );
      assert.ok(existsSync(young));
    } finally {
      server.close();
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    }
  },
  "a process whose folder is empty for long can share all the same": async () => {
    const [ours, theirs] = Pipe<unknown>();
    const before = new Set(readdirSync(tmpdir()));
    const p = await started({ target: sharesLate, args: [theirs], transfer: [theirs], detached: true });
    assert.equal(await ours.recv(), "ready");
    for (const name of readdirSync(tmpdir())) if (!before.has(name)) age(join(tmpdir(), name));
    await foundAnotherTree();
    await delay(100);
    await ours.send("go");
    const inner = (await ours.recv({ timeout: 10_000 })) as Queue<string>;
    assert.equal(await inner.get(), "inside");
    await ours.send("done");
    assert.equal(await p.join(), 0);
    inner.close();
    ours.close();
  },
  "a pipe to a process whose target is given by module": async () => {
    const [a, b] = Pipe<string>();
    const p = await started({ target: { module: fixture("talks"), name: "talk" }, args: [b], transfer: [b] });
    assert.equal(await a.recv(), "hello");
    await p.join();
  },
};
