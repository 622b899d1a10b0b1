import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";
import { pathToFileURL } from "node:url";
import { UnsupportedError } from "../errors/errors.ts";
import { fs, modules, stream as streams } from "../util/lazy-modules.ts";
import { canOpen } from "./can-open.ts";
import { carriedFlags, heapFlag } from "./child-flags.ts";
import { collectGarbage } from "./collect-garbage.ts";
import { importConditions } from "./conditions.ts";
import type { Command, EntryOptions, Exit, LibraryFunctions, Output, RunningProgram, Runtime } from "./contract.ts";
import { emptyProcessStdin } from "./empty-stdin.ts";
import { onProcessExit } from "./exit.ts";
import { nodeFlags } from "./flag-tables.ts";
import { inspectionIn } from "./inspection.ts";
import { importLoaded, seesModules } from "./loaded-modules.ts";
import { wordsOf } from "./options-variables.ts";
import { entryPath, unlikeRuntime } from "./paths.ts";
import { platform } from "./platform.ts";
import { keepBlocking } from "./shared-output.ts";
import { lookRepeatedly, watchWithNetSocket } from "./sockets.ts";
import { isElsewhere } from "./start-folder.ts";
import { variablesFor } from "./variables.ts";

type ResolveWith = (specifier: string, options: { conditions: ReadonlySet<string> }) => string;

/** A standard output of Node, if it is a pipe or a socket. Node documents writes to it as synchronous. */
interface NodeOutput {
  readonly _handle?: { setBlocking?(on: boolean): void };
}

/** Functions that the library has only as an addon of Node, and only where the build of Node allows them. */
interface AddonFunctions {
  readonly view_memory?: (area: BigUint64Array) => ArrayBuffer | undefined;
  readonly watch_socket?: (fd: number, data: () => void) => number;
}

const isCurrent = !("Deno" in globalThis) && !("Bun" in globalThis);

export const node: Runtime = {
  name: "node",
  version: isCurrent ? process.versions.node : "",
  get execPath() {
    return isCurrent && node.foreignProgram === undefined ? process.execPath : "node";
  },
  get foreignProgram() {
    if (!isCurrent) return undefined;
    if (process.getBuiltinModule("node:sea").isSea()) return "a single executable file";
    // With this variable, which children get too, Electron's program is Node.
    if (process.versions.electron !== undefined && !process.env.ELECTRON_RUN_AS_NODE) return "Electron";
    return unlikeRuntime(process.execPath, /node|electron/i);
  },
  get executable() {
    return isCurrent && process.getBuiltinModule("node:sea").isSea() ? process.execPath : undefined;
  },
  endsWithPendingModule: true,
  needs: "Node started with --permission needs --allow-fs-read, --allow-fs-write, --allow-child-process and --allow-worker.",

  inspection: () => (isCurrent ? inspectionIn([...wordsOf(process.env.NODE_OPTIONS ?? ""), ...process.execArgv]) : undefined),

  entryArguments(options: EntryOptions): string[] {
    const isOwn = isCurrent && node.foreignProgram === undefined;
    const carried = isOwn ? carriedFlags(process.execArgv, nodeFlags, isElsewhere(options.cwd)) : [];
    return [...carried, ...heapFlag(options.memory), ...options.execArgv, entryPath(options.entry)];
  },

  run(command: Command): RunningProgram {
    // Loaded here and not at the top, because neither the native library nor the other runtimes need this module to start children.
    const { spawn } = process.getBuiltinModule("node:child_process");
    const child = spawn(command.file, command.args, {
      cwd: command.cwd,
      env: variablesFor(command),
      stdio: ["pipe", stdio(command.stdout), stdio(command.stderr)],
      detached: platform.hasSessions || command.detached,
      windowsHide: true,
    });
    child.unref();
    const stdin = child.stdin;
    stdin?.on("error", () => {});
    (stdin as unknown as Socket | null)?.unref?.();
    const started = new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      // Later errors, such as that of a signal to a child of another user, end nothing.
      child.on("error", reject);
    });
    const exited = new Promise<Exit>((resolve) => {
      child.once("exit", (code, signal) => resolve({ code, signal }));
    });
    return {
      started,
      write: (bytes) => void stdin?.write(bytes),
      process: {
        pid: child.pid ?? -1,
        stdout: webStream(child.stdout),
        stderr: webStream(child.stderr),
        exited,
        kill: (signal) => void child.kill(signal),
      },
    };
  },

  takesSignalsForZero: platform.name === "linux",

  environment: () => process.env,

  mayRun: () => isPermitted("child"),

  refusesLibrary: () => {
    if (process.execArgv.includes("--no-addons")) return "Node was started with --no-addons";
    return isPermitted("addon") ? undefined : "Node was started with --permission and without --allow-addons";
  },

  collectGarbage,
  canOpen,

  openLibrary(path: string): LibraryFunctions {
    const module = { exports: {} };
    process.dlopen(module, path);
    return module.exports;
  },

  viewMemory(library: object, area: BigUint64Array): ArrayBuffer {
    const view = (library as AddonFunctions).view_memory?.(area);
    // Builds with V8's memory cage, such as Electron, do not allow buffers over memory that V8 did not allocate itself.
    if (view === undefined)
      throw new UnsupportedError(
        "This build of Node allows no buffers over memory of the system, and SharedMemory needs them: run the program with a usual build of Node.",
      );
    return view;
  },

  childLoadsLibrary: (args) => !args.includes("--no-addons") && (args.includes("--allow-addons") || !args.includes("--permission")),

  watchSocket(library: object, fd: number, data: () => void): void {
    const { watch_socket: watch } = library as AddonFunctions;
    // The library's own watch is preferred, because `node:net` takes time to load and more time for each event.
    if (watch === undefined) watchWithNetSocket(fd, data);
    else if (watch(fd, data) < 0) lookRepeatedly(data);
  },

  watchesPollers: (library) => (library as AddonFunctions).watch_socket !== undefined,

  watchesPipes: true,

  leavesSockets: false,

  mainModule(): string | null {
    const main = process.argv[1];
    return main === undefined ? null : pathToFileURL(realPath(main)).href;
  },

  // `require.resolve` with the conditions of an import. Otherwise it could find the CommonJS half of a package that has both, and
  // loading that half would run the package's code a second time.
  resolvers: [
    (specifier, parent) => (modules().createRequire(parent).resolve as ResolveWith)(specifier, { conditions: importConditions() }),
  ],
  importsPaths: false,
  importSpecifier: (url) => url,
  packageSpecifier: () => undefined,
  importLoaded,
  seesModules,

  onExit: onProcessExit,

  shareOutput: (isOpened) => keepBlocking((_fd, stream) => (stream as unknown as NodeOutput)._handle?.setBlocking?.(true), isOpened),

  stdinReader: `(data, end) => {
    const { Socket } = process.getBuiltinModule("node:net");
    new Socket({ fd: 0, readable: true, writable: false }).on("data", data).on("error", end).on("end", end);
  }`,

  emptyStdin: emptyProcessStdin,
};

// Node evaluates a main module that is a symbolic link, such as a program in node_modules/.bin, under the path of the file itself.
function realPath(path: string): string {
  if (process.execArgv.includes("--preserve-symlinks-main")) return path;
  try {
    return fs().realpathSync(path);
  } catch {
    // The path has no extension, or this process may not look.
    return path;
  }
}

function stdio(output: Output): "inherit" | "pipe" | "ignore" {
  return output === "null" ? "ignore" : output;
}

function webStream(stream: Readable | null | undefined): ReadableStream<Uint8Array> | null {
  // The stream is `undefined` if the child could not be started.
  if (stream === null || stream === undefined) return null;
  (stream as Readable & { unref?: () => void }).unref?.();
  const web: NodeReadableStream<Uint8Array> = streams().Readable.toWeb(stream);
  return web as ReadableStream<Uint8Array>;
}

function isPermitted(scope: string): boolean {
  const { permission } = process as unknown as { permission?: { has(scope: string): boolean } };
  return permission === undefined || permission.has(scope);
}
