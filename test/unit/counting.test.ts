import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, utimesSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { CountingFile } from "../../src/tree/counting.ts";
import { COUNTING, makeFolder, sweep } from "../../src/tree/folder.ts";
import { Tree } from "../../src/tree/tree.ts";

let tree: Tree;
let folder: string;
const programs: ChildProcess[] = [];

beforeEach(() => {
  tree = new Tree();
  folder = tree.membership.folder;
});

afterEach(() => {
  tree.leave();
  for (const program of programs.splice(0)) program.kill("SIGKILL");
});

/** The files by which processes are counted. */
function counted(): string[] {
  return readdirSync(folder).filter((name) => name.endsWith(COUNTING));
}

async function program(): Promise<ChildProcess> {
  const made = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  programs.push(made);
  await once(made, "spawn");
  return made;
}

it("counts up to a limit, and one more once one is removed", () => {
  const [first, second, third] = [new CountingFile(folder), new CountingFile(folder), new CountingFile(folder)];
  expect([first.add(2), second.add(2), third.add(2)]).toEqual([true, true, false]);
  expect(second.add(2)).toBe(true);
  expect(counted()).toHaveLength(2);
  first.remove();
  expect(third.add(2)).toBe(true);
  expect(new CountingFile(folder).add(0)).toBe(false);
});

it("does not count a process that was killed and whose parent could not remove the file", async () => {
  const [dead, alive] = [await program(), await program()];
  for (const { pid = 0 } of [dead, alive]) {
    const file = new CountingFile(folder);
    expect(file.add(2)).toBe(true);
    file.setPid(pid);
  }
  expect(new CountingFile(folder).add(2)).toBe(false);
  dead.kill("SIGKILL");
  await once(dead, "exit");
  expect(new CountingFile(folder).add(2)).toBe(true);
  expect(new CountingFile(folder).add(2)).toBe(false);
});

it("a dead tree's folder is removed although files in it count processes", () => {
  const dead = makeFolder();
  expect(new CountingFile(dead).add(1)).toBe(true);
  const longAgo = Date.now() / 1000 - 60;
  utimesSync(dead, longAgo, longAgo);
  sweep(folder);
  expect(existsSync(dead)).toBe(false);
});

it("a child that has ended is not counted, and leaves nothing", () => {
  const child = tree.prepareChild(false);
  expect(child.counting.add(1)).toBe(true);
  expect(tree.prepareChild(true).counting.add(1)).toBe(false);
  child.tidy();
  expect(counted()).toEqual([]);
});
