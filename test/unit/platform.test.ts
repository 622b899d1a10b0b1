// What this package does on other systems than Linux, with the name of another system in place of this one's.
import { existsSync, readFileSync, utimesSync } from "node:fs";
import { createServer } from "node:net";
import { dirname } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Command, RunningProgram } from "../../src/runtime/contract.ts";
import type { DenoHost } from "../../src/runtime/deno/host.ts";

const real = process.platform;

/** Makes this process look as if it ran on another system, to modules that are loaded from now on. */
function pretend(name: NodeJS.Platform): void {
  Object.defineProperty(process, "platform", { value: name, configurable: true });
  vi.resetModules();
}

afterEach(() => pretend(real));

const command: Command = {
  file: "/bin/sh",
  args: ["-c", "read line; exit 3"],
  environment: { PATH: "/bin", TEMP: "t" },
  env: {},
  cwd: undefined,
  stdout: "null",
  stderr: "null",
  detached: false,
};

/** The session of a process, from /proc/PID/stat. */
function sessionOf(pid: number | "self"): string | undefined {
  return readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ")[3];
}

describe("on Windows", () => {
  it("a tree has named pipes and no folder, and never looks for a pipe among files", async () => {
    pretend("win32");
    const { Tree } = await import("../../src/tree/tree.ts");
    const tree = new Tree();
    const { folder, address } = tree.membership;
    const pipe = /^\\\\\.\\pipe\\polyproc-[0-9a-f]{16}$/;
    expect(address).toMatch(pipe);
    expect(tree.addressOf("hub")).toBe(address);
    const child = tree.prepareChild(false);
    expect(child.membership.address).toMatch(pipe);
    expect(child.orphaned).toEqual([folder]);
    child.tidy();
    const detached = tree.prepareChild(true);
    expect(detached.membership.folder).not.toBe(folder);
    expect(existsSync(folder) || existsSync(detached.membership.folder)).toBe(false);
    tree.leave();
    const inner = new Tree();
    inner.join({ ...child.membership, ownsFolder: false });
    expect(inner.prepareChild(false).orphaned).toEqual([expect.stringMatching(/\.counted$/)]);
  });

  it("the folder is made for its first file, whatever its mode, and removed with the tree", async () => {
    pretend("win32");
    const { Tree } = await import("../../src/tree/tree.ts");
    const tree = new Tree();
    const { folder } = tree.membership;
    const { counting } = tree.prepareChild(false);
    expect(counting.add(1)).toBe(true);
    expect(dirname(counting.path)).toBe(folder);
    expect(existsSync(counting.path)).toBe(true);
    tree.leave();
    expect(existsSync(folder)).toBe(false);
  });

  it("a changed variable replaces one whose name differs in case, and undefined removes it", async () => {
    const linux = await import("../../src/runtime/variables.ts");
    const changes = { environment: { Path: "old", TEMP: "t" }, env: { PATH: "new", temp: undefined } };
    expect(linux.variablesFor(changes)).toEqual({ Path: "old", PATH: "new", TEMP: "t", temp: undefined });
    pretend("win32");
    const windows = await import("../../src/runtime/variables.ts");
    expect(windows.variablesFor(changes)).toEqual({ PATH: "new", temp: undefined });
  });

  it("only a detached child is started apart from the console", async () => {
    const { node: onLinux } = await import("../../src/runtime/node.ts");
    pretend("win32");
    const { node: onWindows } = await import("../../src/runtime/node.ts");
    const shares = async (start: () => RunningProgram): Promise<boolean> => {
      const program = start();
      await program.started;
      const same = sessionOf(program.process.pid) === sessionOf("self");
      program.write(Buffer.from("\n"));
      expect(await program.process.exited).toEqual({ code: 3, signal: null });
      return same;
    };
    expect(await shares(() => onLinux.run(command))).toBe(false);
    expect(await shares(() => onWindows.run(command))).toBe(true);
    expect(await shares(() => onWindows.run({ ...command, detached: true }))).toBe(false);
  });

  it("a child that this process killed on Deno has the signal that was sent, and one that exited with 1 has not", async () => {
    pretend("win32");
    const { denoRuntime } = await import("../../src/runtime/deno/deno.ts");
    const ends: ((code: number) => void)[] = [];
    class StandIn {
      spawn(): object {
        const status = new Promise((resolve) => ends.push((code) => resolve({ code, signal: null })));
        const kill = (): void => ends.at(-1)?.(1);
        return { pid: 7, status, kill, stdin: new WritableStream(), unref: () => {} };
      }
    }
    const host = {
      version: { deno: "2.9.0" },
      build: { os: "windows" },
      execPath: () => "C:\\deno.exe",
      permissions: { querySync: () => ({ state: "granted" }) },
      Command: StandIn,
    } as unknown as DenoHost;
    const { process: killed } = denoRuntime(host).run(command);
    killed.kill("SIGTERM");
    expect(await killed.exited).toEqual({ code: null, signal: "SIGTERM" });
    const { process: exited } = denoRuntime(host).run(command);
    ends.at(-1)?.(1);
    expect(await exited.exited).toEqual({ code: 1, signal: null });
  });

  it("a Deno child of another runtime gets all permissions, unless the caller names some", async () => {
    pretend("win32");
    const { denoRuntime } = await import("../../src/runtime/deno/deno.ts");
    const options = { entry: new URL("file:///C:/package/main.ts"), writable: ["C:\\Temp\\polyproc-1"] };
    const from = (execArgv: readonly string[]): string[] => denoRuntime(undefined).entryArguments({ ...options, execArgv });
    expect(from([])).toEqual(["run", "--no-prompt", "--allow-all", "file:///C:/package/main.ts"]);
    expect(from(["--allow-read"])).toEqual(["run", "--no-prompt", "--allow-read", "file:///C:/package/main.ts"]);
    expect(denoRuntime(undefined).needs).toContain("deno run -A");
  });

  it("a named pipe takes 254 connections at once, and the variable for that is gone afterwards", async () => {
    const name = "NODE_PENDING_PIPE_INSTANCES";
    const linux = await import("../../src/runtime/named-pipes.ts");
    expect(linux.withRoomForMany(() => process.env[name])).toBeUndefined();
    pretend("win32");
    const { withRoomForMany } = await import("../../src/runtime/named-pipes.ts");
    expect(withRoomForMany(() => process.env[name])).toBe("254");
    expect(() =>
      withRoomForMany(() => {
        throw new Error("in use");
      }),
    ).toThrow("in use");
    expect(name in process.env).toBe(false);
    process.env[name] = "8";
    expect(withRoomForMany(() => process.env[name])).toBe("8");
    delete process.env[name];
  });

  it("the address of a listener must be a named pipe, and a taken one is not said to be a file", async () => {
    pretend("win32");
    const { checkAddress } = await import("../../src/remote/address.ts");
    const { cantListen } = await import("../../src/remote/listen.ts");
    expect(checkAddress("\\\\.\\pipe\\mine", 0)).toBe("\\\\.\\pipe\\mine");
    expect(() => checkAddress("/tmp/s.sock", 0)).toThrow(/must be that of a named pipe/);
    const taken = Object.assign(new Error("listen EADDRINUSE"), { code: "EADDRINUSE" });
    expect(cantListen("\\\\.\\pipe\\mine", taken).message).toBe(
      "The address \\\\.\\pipe\\mine is in use by another listener: choose another address.",
    );
  });

  it("the doctor shows no limits and no folder for sockets, which only other systems have", async () => {
    pretend("win32");
    const { examineLimits, examineTemporaryFolder } = await import("../../src/cli/doctor-checks.ts");
    const [lines, advice]: [(readonly [string, string])[], string[]] = [[], []];
    examineLimits(lines, advice);
    examineTemporaryFolder(lines, advice);
    expect(lines).toEqual([["sockets", "named pipes, which need no folder"]]);
    expect(advice).toEqual([]);
  });

  it("a dead tree's folder is not looked for, because nothing in it tells whether the tree is alive", async () => {
    const { makeFolder, sweep, remove } = await import("../../src/tree/folder.ts");
    const [own, dead] = [makeFolder(), makeFolder()];
    const old = new Date(0);
    utimesSync(dead, old, old);
    pretend("win32");
    const windows = await import("../../src/tree/folder.ts");
    windows.sweep(own);
    expect(existsSync(dead)).toBe(true);
    sweep(own);
    expect(existsSync(dead)).toBe(false);
    remove(own);
  });

  it("/proc is not read: there it is a folder of the current drive, which anybody may have made", async () => {
    pretend("win32");
    const { readProc } = await import("../../src/runtime/platform.ts");
    const { isBound } = await import("../../src/tree/bound.ts");
    expect(() => readProc("self/status")).toThrow("/proc/self/status exists only on Linux.");
    expect(isBound("/tmp/s.sock")).toBeUndefined();
  });

  it("outputs stay as they are: no process there shares a mode with another", async () => {
    pretend("win32");
    const { keepBlocking } = await import("../../src/runtime/shared-output.ts");
    const calls: number[] = [];
    const before = Object.getOwnPropertyDescriptor(process, "stdout");
    keepBlocking((fd) => void calls.push(fd), true);
    expect(Object.getOwnPropertyDescriptor(process, "stdout")).toEqual(before);
    expect(calls).toEqual([]);
  });
});

describe("on macOS", () => {
  it("what only /proc tells is unknown, and nothing else is taken for it", async () => {
    pretend("darwin");
    const { isBound } = await import("../../src/tree/bound.ts");
    const { examineLimits } = await import("../../src/cli/doctor-checks.ts");
    const { rights } = await import("../../src/launch/rights.ts");
    const lines: (readonly [string, string])[] = [];
    examineLimits(lines, []);
    expect(lines).toEqual([]);
    expect(isBound("/tmp/s.sock")).toBeUndefined();
    expect(rights()).toEqual([expect.anything(), expect.anything(), process.getgroups?.(), undefined, expect.any(Number)]);
  });

  it("a socket's path may have 103 bytes, and the longest temporary folder that it gives users has room", async () => {
    pretend("darwin");
    const { platform } = await import("../../src/runtime/platform.ts");
    expect(platform).toMatchObject({ hasSocketFiles: true, hasSessions: true, longestSocketPath: 103 });
    const longest = `/var/folders/zz/${"z".repeat(30)}/T/polyproc-XXXXXX/0123456789abcdef.sock.k`;
    expect(longest.length).toBeLessThanOrEqual(platform.longestSocketPath);
  });

  it("a tree works without /proc: a child's socket is a file that goes with the child", async () => {
    pretend("darwin");
    const { Tree } = await import("../../src/tree/tree.ts");
    const { isGone } = await import("../../src/tree/folder.ts");
    const tree = new Tree();
    const { membership, tidy } = tree.prepareChild(false);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(membership.address, resolve));
    expect(isGone(membership.address)).toBe(false);
    tidy();
    expect(isGone(membership.address)).toBe(true);
    server.close();
    tree.leave();
    expect(existsSync(membership.folder)).toBe(false);
  });
});

it("a module of a package is known by its folder, with slashes and with backslashes", async () => {
  const { isInPackages, packageOf } = await import("../../src/runtime/paths.ts");
  expect(isInPackages("C:\\app\\node_modules\\left-pad\\index.js")).toBe(true);
  expect(isInPackages("C:\\app\\my_node_modules\\index.js")).toBe(false);
  expect(packageOf("C:\\app\\node_modules\\@scope\\pad\\lib\\index.js")).toBe("C:\\app\\node_modules\\@scope\\pad\\");
  expect(packageOf("/app/node_modules/left-pad/index.js")).toBe("/app/node_modules/left-pad/");
});
