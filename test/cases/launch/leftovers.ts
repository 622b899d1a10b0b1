import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Connection, Pipe, Queue } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { started } from "../../suite/help.ts";
import { until } from "../helpers/signals.ts";

/** Makes a shared object only when the parent says so. */
export async function sharesLate(go: Connection): Promise<void> {
  await go.send("ready");
  await go.recv();
  const own = new Queue<string>();
  await own.put("inside");
  await go.send(own);
  await go.recv();
}

/** Makes a folder look as if it had not been changed for a minute. */
function age(folder: string): void {
  const then = Date.now() / 1000 - 60;
  utimesSync(folder, then, then);
}

/** Does what another program of this user does at its first start: it makes a folder, and removes those of dead trees. */
async function foundAnotherTree(): Promise<void> {
  const { Tree } = await import("../../../src/tree/tree.ts");
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

/** Marks a folder as one of this package's. */
function sign(folder: string): void {
  writeFileSync(join(folder, ".polyproc-tree"), "");
}

/** Comes back when another start has removed a dead tree's folder: an earlier start has then looked at every folder too. */
async function anotherSweep(): Promise<void> {
  const folder = join(tmpdir(), "polyproc-gggggg");
  mkdirSync(folder, { mode: 0o700 });
  sign(folder);
  age(folder);
  await foundAnotherTree();
  await until(() => !existsSync(folder));
}

export const cases: Cases = {
  "a first start removes the folders of dead trees, and nothing else": async () => {
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
    for (const folder of folders) sign(folder);
    // Another program may use such names, too.
    staying.push(make("hhhhhh"), await dead(make("iiiiii")));
    const before = staying.map((folder) => readdirSync(folder));
    for (const folder of folders) age(folder);
    const young = make("ffffff");
    try {
      await foundAnotherTree();
      await until(() => !gone.some((folder) => existsSync(folder)));
      await anotherSweep();
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
  "the folder of a living tree stays, whatever kind of socket is in it": async () => {
    const [ours, theirs] = Pipe<unknown>();
    const before = new Set(readdirSync(tmpdir()));
    const p = await started({ target: sharesLate, args: [theirs], transfer: [theirs], detached: true });
    assert.equal(await ours.recv(), "ready");
    await ours.send("go");
    const inner = (await ours.recv({ timeout: 10_000 })) as Queue<string>;
    const folders = readdirSync(tmpdir()).filter((name) => !before.has(name));
    const list = (): string[] => folders.flatMap((name) => readdirSync(join(tmpdir(), name)));
    const files = list();
    assert.ok(files.some((name) => name.includes(".sock")));
    for (const name of folders) age(join(tmpdir(), name));
    await foundAnotherTree();
    await anotherSweep();
    assert.deepEqual(list(), files);
    await ours.send("done");
    assert.equal(await p.join(), 0);
    inner.close();
    ours.close();
  },
  "a process whose folder was removed because it was empty for long can still share objects": async () => {
    const [ours, theirs] = Pipe<unknown>();
    const before = new Set(readdirSync(tmpdir()));
    const p = await started({ target: sharesLate, args: [theirs], transfer: [theirs], detached: true });
    assert.equal(await ours.recv(), "ready");
    for (const name of readdirSync(tmpdir())) if (!before.has(name)) age(join(tmpdir(), name));
    await foundAnotherTree();
    await anotherSweep();
    await ours.send("go");
    const inner = (await ours.recv({ timeout: 10_000 })) as Queue<string>;
    assert.equal(await inner.get(), "inside");
    await ours.send("done");
    assert.equal(await p.join(), 0);
    inner.close();
    ours.close();
  },
};
