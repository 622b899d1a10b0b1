import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";
import { UnsupportedError } from "../errors/errors.ts";
import { modules, net, stream as streams } from "../util/lazy-modules.ts";
import type { Exit, LaunchOptions, Runtime, SpawnCommand, SpawnedChild } from "./current.ts";
import { adoptSocket, carriedFlags, entryPath, heapFlag, importConditions, lookNowAndThen, mainFromArgv, replaceStdin } from "./shared.ts";

type ResolveWith = (specifier: string, options: { conditions: ReadonlySet<string> }) => string;

const isSelf = !("Deno" in globalThis) && !("Bun" in globalThis);

function toWeb(stream: Readable | null | undefined): ReadableStream<Uint8Array> | null {
  // A child that could not be started has none.
  if (stream === null || stream === undefined) return null;
  (stream as Readable & { unref?: () => void }).unref?.();
  const web: NodeReadableStream<Uint8Array> = streams().Readable.toWeb(stream);
  return web as ReadableStream<Uint8Array>;
}

function outputs(command: SpawnCommand): ["pipe", "inherit" | "pipe" | "ignore", "inherit" | "pipe" | "ignore"] {
  const of = (output: SpawnCommand["stdout"]) => (output === "null" ? "ignore" : output);
  return ["pipe", of(command.stdout), of(command.stderr)];
}

function permitted(scope: string): boolean {
  const { permission } = process as unknown as { permission?: { has(scope: string): boolean } };
  return permission === undefined || permission.has(scope);
}

export const node: Runtime = {
  name: "node",
  version: isSelf ? process.versions.node : "",
  execPath: isSelf ? process.execPath : "node",
  needs: "Node started with --permission needs --allow-fs-read, --allow-fs-write, --allow-child-process and --allow-worker.",

  launchArguments(options: LaunchOptions): string[] {
    return [...(isSelf ? carriedFlags(process.execArgv) : []), ...heapFlag(options.memory), ...options.execArgv, entryPath(options.entry)];
  },

  spawn(command: SpawnCommand): { child: SpawnedChild; started: Promise<void> } {
    // The shim needs no such module, nor do the other runtimes.
    const { spawn } = process.getBuiltinModule("node:child_process");
    const child = spawn(command.file, command.args, {
      cwd: command.cwd,
      env: { ...process.env, ...command.env },
      stdio: outputs(command),
      detached: true,
      windowsHide: true,
    });
    child.unref();
    const stdin = child.stdin;
    stdin?.on("error", () => {});
    (stdin as unknown as Socket | null)?.unref?.();
    const started = new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    const exited = new Promise<Exit>((resolve) => {
      child.once("exit", (code, signal) => resolve({ code, signal }));
    });
    return {
      started,
      child: {
        pid: child.pid ?? -1,
        stdout: toWeb(child.stdout),
        stderr: toWeb(child.stderr),
        exited,
        write: (bytes) => void stdin?.write(bytes),
        kill: (signal) => void child.kill(signal),
      },
    };
  },

  environment: () => process.env,

  mayRun: () => permitted("child"),

  refusesLibrary: () => {
    if (process.execArgv.includes("--no-addons")) return "Node was started with --no-addons";
    return permitted("addon") ? undefined : "Node was started with --permission and without --allow-addons";
  },

  openLibrary(path: string): Record<string, (...args: never[]) => number> {
    const module = { exports: {} };
    process.dlopen(module, path);
    return module.exports;
  },

  viewMemory(library: object, place: BigUint64Array): ArrayBuffer {
    const view = (library as { view_memory?: (place: BigUint64Array) => ArrayBuffer | undefined }).view_memory?.(place);
    if (view === undefined)
      throw new UnsupportedError("This build of Node allows no buffers over memory of the system: SharedMemory needs them.");
    return view;
  },

  childLoadsLibrary: (args) =>
    !args.includes("--no-addons") && (args.includes("--allow-addons") || !args.some((flag) => flag === "--permission")),

  watchSocket(library: object, fd: number, data: () => void): void {
    const { watch_socket: watch } = library as { watch_socket?: (fd: number, data: () => void) => number };
    // Node's own sockets cost a module, and time for each byte.
    if (watch === undefined) adoptSocket(fd, data);
    else if (watch(fd, data) < 0) lookNowAndThen(data);
  },

  mainModule: mainFromArgv,

  // The other half of a dual package must not be loaded, so the conditions of an import are given.
  resolvers: [
    (specifier, parent) => (modules().createRequire(parent).resolve as ResolveWith)(specifier, { conditions: importConditions() }),
  ],
  importsPaths: false,
  elidesImports: false,
  mayBeEvaluated: () => true,

  watchStdin(data: (chunk: Uint8Array) => void, end: () => void): void {
    const stdin = new (net().Socket)({ fd: 0, readable: true, writable: false });
    stdin.on("data", data);
    stdin.on("error", end);
    stdin.on("end", end);
  },

  emptyStdin: replaceStdin,
};
