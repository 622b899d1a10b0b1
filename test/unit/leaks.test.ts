import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { added, descriptors, settled, sharedMemory, TAG, taggedProcesses, unixSockets, zombies } from "../suite/leaks.ts";

it("the probe sees every kind of leak, and that it is gone", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pp-leaks-"));
  const name = `pp-leaks-${process.pid}`;
  const tag = `tag-${name}`;
  const before = descriptors();
  const fd = openSync("/etc/hostname", "r");
  writeFileSync(join("/dev/shm", tag), "");
  const server = createServer().listen(join(folder, "s.sock"));
  // The first sleep ends as a child of a program that reaps nothing.
  const child = spawn("/bin/sh", ["-c", "sleep 0.01 & exec sleep 60"], { env: { ...process.env, [TAG]: tag }, stdio: "ignore" });
  const pid = child.pid ?? -1;
  await expect.poll(() => zombies(pid)).toHaveLength(1);
  expect(taggedProcesses(tag)).toEqual([expect.stringContaining("sleep 60")]);
  await expect.poll(() => unixSockets(folder)).toEqual([join(folder, "s.sock")]);
  expect(sharedMemory(tag)).toEqual([tag]);
  expect(added(before, descriptors())).toContain("1 × /etc/hostname");
  expect(await settled(() => taggedProcesses(tag), 100)).toHaveLength(1);

  closeSync(fd);
  rmSync(join("/dev/shm", tag));
  server.close();
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("exit", resolve));
  const left = (): string[] => [...taggedProcesses(tag), ...zombies(pid), ...unixSockets(folder)];
  expect(await settled(left)).toEqual([]);
  expect(sharedMemory(tag)).toEqual([]);
  expect(added(before, descriptors())).not.toContain("1 × /etc/hostname");
  rmSync(folder, { recursive: true });
});
