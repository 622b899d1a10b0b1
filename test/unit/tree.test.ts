import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { Tree } from "../../src/backend/tree.ts";

it("a tree that nothing could be built on leaves no folder and no listener", () => {
  const before = process.listenerCount("exit");
  const tree = new Tree();
  const folders = Array.from({ length: 3 }, () => {
    const { folder } = tree.family;
    expect(existsSync(folder)).toBe(true);
    tree.leave();
    return folder;
  });
  expect(new Set(folders).size).toBe(3);
  expect(folders.filter((folder) => existsSync(folder))).toEqual([]);
  expect(process.listenerCount("exit")).toBe(before);
});
