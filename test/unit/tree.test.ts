import { chmodSync, existsSync, rmSync, statSync } from "node:fs";
import { expect, it } from "vitest";
import { Tree } from "../../src/tree/tree.ts";

it("a tree that nothing could be built on leaves no folder and no listener", () => {
  const before = process.listenerCount("exit");
  const tree = new Tree();
  const folders = Array.from({ length: 3 }, () => {
    const { folder } = tree.membership;
    expect(existsSync(folder)).toBe(true);
    tree.leave();
    return folder;
  });
  expect(new Set(folders).size).toBe(3);
  expect(folders.filter((folder) => existsSync(folder))).toEqual([]);
  expect(process.listenerCount("exit")).toBe(before);
});

it("a folder that was swept is made again for its first socket, and in place of somebody else's there is a new one", () => {
  const tree = new Tree();
  const { folder } = tree.membership;
  try {
    rmSync(folder, { recursive: true });
    for (let tries = 0; tries < 2; tries++) expect(tree.addressOf("keeper").startsWith(`${folder}/`)).toBe(true);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    chmodSync(folder, 0o777);
    expect(tree.addressOf("hub").startsWith(`${folder}/`)).toBe(false);
    expect(statSync(tree.membership.folder).mode & 0o777).toBe(0o700);
  } finally {
    tree.leave();
    rmSync(folder, { recursive: true });
  }
});
