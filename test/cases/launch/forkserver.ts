import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { activeChildren, getContext, type Process, Queue, setForkserverPreload, UnsupportedError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { isNative } from "../../suite/help.ts";
import { endSpares, fixture, hello, methodHere, readySpares } from "./helpers.ts";

export function echoArgs(...args: unknown[]): unknown[] {
  return args;
}

export function openFiles(): string | undefined {
  return /Max open files\s+(\d+)/.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
}

export function preloaded(): unknown {
  return (globalThis as { preloadedBefore?: unknown }).preloadedBefore;
}

export const cases: Cases = {
  "forkserver: a job that comes while its spare process still preloads is not lost": slow(async () => {
    setForkserverPreload([fixture("preload-slowly")]);
    const { Process: Warm } = getContext("forkserver");
    const children = [1, 2].map(() => new Warm({ target: methodHere }));
    for (const child of children) await child.start();
    for (const child of children) assert.equal(await child.result({ timeout: 10_000 }), "forkserver");
    for (const child of children) assert.equal(await child.join(), 0);
    endSpares();
  }),
  "forkserver: spare processes are preloaded and replaced, and keep nothing open": slow(async () => {
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
    endSpares();
  }),
  "forkserver: a process with settings of its own is started fresh": slow(async () => {
    const { Process: Warm } = getContext("forkserver");
    const p = new Warm({ target: hello, args: [new Queue<string>(), "x"], env: { PP_OWN: "1" }, stdout: "pipe" });
    await p.start();
    assert.equal(await p.join(), 0);
    endSpares();
  }),
  "forkserver: a child with limits or of another backend is never a spare process": slow(async () => {
    const { Process: Warm } = getContext("forkserver");
    const { Process: PortableWarm } = getContext("forkserver", { backend: "portable" });
    const limited = (): Process<[], string | undefined> => new Warm({ target: openFiles, limits: { openFiles: 300 } });
    const ofPortable = (): Process<[], string | undefined> => new PortableWarm({ target: openFiles });
    const own = isNative ? [limited, limited, ofPortable] : [() => new Warm({ target: openFiles, env: { PP_OWN: "1" } })];
    for (const make of own) {
      const first = new Warm({ target: echoArgs });
      await first.start();
      await first.join();
      const spares = await readySpares();
      const p = make();
      await p.start();
      assert.ok(!spares.includes(p.pid as number), "a spare was taken");
      if (make === ofPortable) assert.throws(() => p.joinSync(), UnsupportedError);
      if (make === limited) assert.equal(await p.result(), "300");
      assert.equal(await p.join(), 0);
    }
    endSpares();
  }),
};
