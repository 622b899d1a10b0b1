// Packs what `npm publish` would send, for tests that install it.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { packageOfMachine } from "./build-native.mjs";
import { addPlatforms, removePlatforms } from "./manifest.mjs";
import { root } from "./setup.mjs";

/** Packs a folder as npm does, and returns the path of the archive. */
export function packFolder(folder, destination) {
  const before = new Set(readdirSync(destination));
  const { status, stdout, stderr } = spawnSync("npm", ["pack", "--ignore-scripts", "--loglevel=error", "--pack-destination", destination], {
    cwd: folder,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  if (status !== 0) throw new Error(`npm pack failed in ${folder}:\n${stdout}${stderr}`);
  return join(destination, readdirSync(destination).find((name) => !before.has(name)) ?? "");
}

/** Packs the package as it was built into dist/, and the package with the library of this machine, if it has one. Returns the archives. */
export function packAll(destination) {
  mkdirSync(destination, { recursive: true });
  const archives = [];
  addPlatforms();
  try {
    archives.push(packFolder(root, destination));
  } finally {
    removePlatforms();
  }
  const folder = packageOfMachine();
  if (folder !== undefined) archives.push(packFolder(folder, destination));
  return archives;
}
