import { Deno as shim } from "@deno/shim-deno";
import { describe, expect, it } from "vitest";
import { UnsupportedError } from "../../src/errors/errors.ts";
import type { SpawnCommand } from "../../src/runtime/current.ts";
import { type DenoHost, denoRuntime } from "../../src/runtime/deno.ts";

interface Started {
  file: string;
  options: Record<string, unknown>;
  kill: (signal: string) => void;
}

/** Deno as far as its shim for Node reaches; permissions and commands are parameters. */
function host(
  granted: (name: string, path?: string) => boolean,
  started: Started[] = [],
  kill: (signal: string) => void = () => {},
): DenoHost {
  class Command {
    constructor(file: string, options: Record<string, unknown>) {
      started.push({ file, options, kill });
    }
    spawn(): ReturnType<InstanceType<DenoHost["Command"]>["spawn"]> {
      const empty = new ReadableStream<Uint8Array>();
      return { pid: 7, status: new Promise(() => {}), stdin: new WritableStream(), stdout: empty, stderr: empty, kill, unref: () => {} };
    }
  }
  return {
    version: { deno: shim.version.deno },
    mainModule: "https://example.invalid/main.ts",
    build: {},
    stdin: shim.stdin,
    Command,
    permissions: { querySync: ({ name, path }) => ({ state: granted(name, path) ? "granted" : "prompt" }) },
    execPath: () => "/opt/deno",
    dlopen: () => ({ symbols: {} }),
    UnsafePointer: { create: () => null },
    UnsafePointerView: { getArrayBuffer: (_pointer, length) => new ArrayBuffer(length) },
  };
}

const entry = new URL("file:///package/main.ts");
const launch = { entry, execArgv: ["--allow-env=HOME"], writable: ["/tmp/folder"] };
const command: SpawnCommand = { file: "deno", args: [], env: {}, cwd: undefined, stdout: "inherit", stderr: "null" };

describe("the Deno adapter", () => {
  it("passes on kinds that are held as a whole, and the folder where that is allowed; never everything", () => {
    const some = denoRuntime(host((name, path) => name === "read" || name === "net" || (name === "write" && path === "/tmp/folder")));
    expect(some.launchArguments(launch)).toEqual([
      "run",
      "--no-prompt",
      "--allow-read",
      "--allow-net",
      "--allow-write=/tmp/folder",
      "--allow-env=HOME",
      entry.href,
    ]);
    const none = denoRuntime(host(() => false));
    expect(none.launchArguments(launch)).toEqual(["run", "--no-prompt", "--allow-env=HOME", entry.href]);
    const all = denoRuntime(host(() => true)).launchArguments(launch);
    expect(all).not.toContain("-A");
    expect(all).toContain("--no-prompt");
  });

  it("asks little for a Deno child of another runtime", () => {
    expect(denoRuntime(undefined).launchArguments({ ...launch, execArgv: [] })).toEqual([
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
    deno.spawn({ ...command, env: { A: "1" } });
    expect(started[0]?.options).toMatchObject({ env: { A: "1" }, stdin: "piped", stdout: "inherit", stderr: "null", detached: true });
    expect(started[0]?.options.clearEnv).toBeUndefined();
    deno.spawn({ ...command, env: { A: "1", PATH: undefined } });
    expect(started[1]?.options.clearEnv).toBe(true);
    expect(started[1]?.options.env).toMatchObject({ A: "1" });
    expect(started[1]?.options.env).not.toHaveProperty("PATH");
  });

  it("takes an ended child for no error, and a missing permission for one", () => {
    const failing = (name: string) =>
      denoRuntime(
        host(
          () => true,
          [],
          () => {
            throw Object.assign(new Error(name), { name });
          },
        ),
      ).spawn(command).child;
    expect(() => failing("TypeError").kill("SIGTERM")).not.toThrow();
    expect(() => failing("NotCapable").kill("SIGTERM")).toThrow("NotCapable");
  });

  it("refuses to start children of a compiled program", () => {
    const compiled = denoRuntime({ ...host(() => true), build: { standalone: true } });
    expect(() => compiled.launchArguments(launch)).toThrow(UnsupportedError);
  });
});
