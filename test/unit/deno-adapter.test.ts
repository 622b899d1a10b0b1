import { Deno as shim } from "@deno/shim-deno";
import { describe, expect, it } from "vitest";
import type { Command, EntryOptions } from "../../src/runtime/contract.ts";
import { denoRuntime } from "../../src/runtime/deno/deno.ts";
import type { DenoHost } from "../../src/runtime/deno/host.ts";

interface Started {
  file: string;
  options: Record<string, unknown>;
  kill: (signal: string) => void;
}

/** Deno as far as its shim for Node has it. The shim lacks permissions and commands, so tests give those. */
function host(
  granted: (name: string, path?: string) => boolean,
  started: Started[] = [],
  kill: (signal: string) => void = () => {},
): DenoHost {
  class StandInCommand {
    constructor(file: string, options: Record<string, unknown>) {
      started.push({ file, options, kill });
    }
    spawn(): ReturnType<InstanceType<DenoHost["Command"]>["spawn"]> {
      const empty = new ReadableStream<Uint8Array>();
      return { pid: 7, status: new Promise(() => {}), stdin: new WritableStream(), stdout: empty, stderr: empty, kill, unref: () => {} };
    }
    outputSync(): { success: boolean; stdout: Uint8Array } {
      return { success: false, stdout: new Uint8Array(0) };
    }
  }
  return {
    version: { deno: shim.version.deno },
    mainModule: "https://example.invalid/main.ts",
    pid: 0,
    build: { os: "none" },
    stdout: shim.stdout,
    stderr: shim.stderr,
    internal: Symbol("internal"),
    Command: StandInCommand,
    permissions: { querySync: ({ name, path }) => ({ state: granted(name, path) ? "granted" : "prompt" }) },
    execPath: () => "/opt/deno",
    dlopen: () => ({ symbols: {} }),
    UnsafePointer: { create: () => null },
    UnsafePointerView: { getArrayBuffer: (_pointer, length) => new ArrayBuffer(length) },
  };
}

const entry = new URL("file:///package/main.ts");
const options: EntryOptions = { entry, execArgv: ["--allow-env=HOME"], writable: ["/tmp/folder"] };
const command: Command = {
  file: "deno",
  args: [],
  environment: undefined,
  env: {},
  cwd: undefined,
  stdout: "inherit",
  stderr: "null",
  detached: false,
};

describe("the Deno adapter", () => {
  it("passes on the kinds that the parent has as a whole and the folder where that is allowed, but never everything", () => {
    const some = denoRuntime(host((name, path) => name === "read" || name === "net" || (name === "write" && path === "/tmp/folder")));
    expect(some.entryArguments(options)).toEqual([
      "run",
      "--no-prompt",
      "--allow-read",
      "--allow-net",
      "--allow-write=/tmp/folder",
      "--allow-env=HOME",
      entry.href,
    ]);
    const none = denoRuntime(host(() => false));
    expect(none.entryArguments(options)).toEqual(["run", "--no-prompt", "--allow-env=HOME", entry.href]);
    const all = denoRuntime(host(() => true)).entryArguments(options);
    expect(all).not.toContain("-A");
    expect(all).toContain("--no-prompt");
  });

  it("asks for little where the parent runs on another runtime", () => {
    expect(denoRuntime(undefined).entryArguments({ ...options, execArgv: [] })).toEqual([
      "run",
      "--no-prompt",
      "--allow-read",
      "--allow-net",
      "--allow-write=/tmp/folder",
      entry.href,
    ]);
  });

  it("starts children in a session of their own, and rewrites the environment only to remove something", () => {
    const started: Started[] = [];
    const deno = denoRuntime(host(() => true, started));
    deno.run({ ...command, env: { A: "1" } });
    expect(started[0]?.options).toMatchObject({ env: { A: "1" }, stdin: "piped", stdout: "inherit", stderr: "null", detached: true });
    expect(started[0]?.options.clearEnv).toBeUndefined();
    deno.run({ ...command, env: { A: "1", PATH: undefined } });
    expect(started[1]?.options.clearEnv).toBe(true);
    expect(started[1]?.options.env).toMatchObject({ A: "1" });
    expect(started[1]?.options.env).not.toHaveProperty("PATH");
  });

  it("ignores a kill of an ended child, but not a missing permission", () => {
    const failing = (name: string) =>
      denoRuntime(
        host(
          () => true,
          [],
          () => {
            throw Object.assign(new Error(name), { name });
          },
        ),
      ).run(command).process;
    expect(() => failing("TypeError").kill("SIGTERM")).not.toThrow();
    expect(() => failing("NotCapable").kill("SIGTERM")).toThrow("NotCapable");
  });

  it("takes a compiled program, or one of another name, for no runtime", () => {
    const compiled = denoRuntime({ ...host(() => true), build: { os: "none", standalone: true } });
    expect(compiled.foreignProgram).toMatch(/deno compile/);
    expect(compiled.execPath).toBe("deno");
    const renamed = denoRuntime({ ...host(() => true), execPath: () => "/opt/app" });
    expect(renamed.foreignProgram).toMatch(/\/opt\/app/);
    expect(denoRuntime(host(() => true))).toMatchObject({ foreignProgram: undefined, execPath: "/opt/deno" });
  });
});
