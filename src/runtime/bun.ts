import { dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { UnsupportedError } from "../errors/errors.ts";
import { modules } from "../util/lazy-modules.ts";
import { requireCache } from "../util/require-cache.ts";
import { canOpen } from "./can-open.ts";
import { carriedFlags } from "./child-flags.ts";
import type { Command, EntryOptions, Exit, LibraryFunctions, Output, RunningProgram, Runtime } from "./contract.ts";
import { emptyProcessStdin } from "./empty-stdin.ts";
import { onProcessExit } from "./exit.ts";
import { bunFlags } from "./flag-tables.ts";
import { inspectionIn } from "./inspection.ts";
import { entryPath, unlikeRuntime } from "./paths.ts";
import { platform } from "./platform.ts";
import { keepExitCodes } from "./sigchld.ts";
import { lookRepeatedly } from "./sockets.ts";
import { isElsewhere } from "./start-folder.ts";
import { variablesFor } from "./variables.ts";

interface BunChild {
  readonly pid: number;
  readonly stdin: { write(bytes: Uint8Array): unknown; flush(): unknown; unref?(): void };
  readonly stdout: ReadableStream<Uint8Array>;
  readonly stderr: ReadableStream<Uint8Array>;
  readonly exited: Promise<number>;
  readonly exitCode: number | null;
  /** A name, and the number of a real-time signal. */
  readonly signalCode: string | number | null;
  kill(signal: string): void;
  unref(): void;
}

/** The part of `Bun` that is used here. It is declared, so that the published code needs no Bun types. */
interface BunHost {
  readonly version: string;
  readonly main: string;
  gc(force: boolean): void;
  resolveSync(specifier: string, folder: string): string;
  spawn(options: Record<string, unknown>): BunChild;
  connect(options: Record<string, unknown>): Promise<{ unref(): void }>;
}

interface BunFfi {
  toArrayBuffer(pointer: number, offset: number, length: number): ArrayBuffer;
  dlopen(path: string, symbols: Record<string, unknown>): { readonly symbols: LibraryFunctions };
}

/** `undefined` where another runtime only asks how to start a child that runs on Bun. */
const host: BunHost | undefined = (globalThis as unknown as { Bun?: BunHost }).Bun;

/** The path of a module inside an executable file that `bun build --compile` made. */
const COMPILED = /^(\/\$bunfs\/|B:[\\/]~BUN)/;

export const bun: Runtime = {
  name: "bun",
  version: host?.version ?? "",
  get execPath() {
    return host === undefined || bun.foreignProgram !== undefined ? "bun" : process.execPath;
  },
  get foreignProgram() {
    if (host === undefined) return undefined;
    // Bun can stand in for Node under Node's name.
    return COMPILED.test(host.main) ? "an executable file that `bun build --compile` made" : unlikeRuntime(process.execPath, /bun|node/i);
  },
  get executable() {
    return host !== undefined && COMPILED.test(host.main) ? process.execPath : undefined;
  },
  endsWithPendingModule: false,
  needs: "The temporary folder must be writable.",

  // Bun lists the words of BUN_OPTIONS among its arguments.
  inspection: () => (host === undefined ? undefined : inspectionIn(process.execArgv)),

  entryArguments(options: EntryOptions): string[] {
    // Bun also lists the words of BUN_OPTIONS, and a quoted one together with its flag. The child has the variable itself.
    const own = process.execArgv.filter((word) => !/^--?[\w-]+\s/.test(word));
    const isOwn = host !== undefined && bun.foreignProgram === undefined;
    const carried = isOwn ? carriedFlags(own, bunFlags, isElsewhere(options.cwd)) : [];
    return [...carried, ...options.execArgv, entryPath(options.entry)];
  },

  run(command: Command): RunningProgram {
    if (host === undefined) throw new UnsupportedError("Bun.spawn exists only on Bun: start the program with the runtime of this process.");
    keepExitCodes();
    const child = host.spawn({
      cmd: [command.file, ...command.args],
      cwd: command.cwd,
      env: variablesFor(command),
      stdin: "pipe",
      stdout: stdio(command.stdout),
      stderr: stdio(command.stderr),
      detached: platform.hasSessions || command.detached,
    });
    child.unref();
    child.stdin.unref?.();
    let alive = true;
    const exited = child.exited.then((code): Exit => {
      alive = false;
      const { signalCode } = child;
      if (signalCode === null) return { code, signal: null };
      return { code: null, signal: typeof signalCode === "number" ? `SIG${signalCode}` : signalCode };
    });
    return {
      started: Promise.resolve(),
      write: (bytes) => void write(child.stdin, bytes).catch(() => {}),
      process: {
        pid: child.pid,
        stdout: command.stdout === "pipe" ? child.stdout : null,
        stderr: command.stderr === "pipe" ? child.stderr : null,
        exited,
        kill: (signal) => {
          if (alive) child.kill(signal);
        },
      },
    };
  },

  takesSignalsForZero: false,

  environment: () => process.env,

  mayRun: () => true,

  collectGarbage: () => host?.gc(true),
  canOpen,

  refusesLibrary: () => undefined,

  openLibrary(path: string, signatures: Readonly<Record<string, string>>): LibraryFunctions {
    const types: Readonly<Record<string, string>> = { i: "i32", p: "ptr" };
    const symbols = Object.entries(signatures).map(([name, args]) => [name, { args: [...args].map((arg) => types[arg]), returns: "i32" }]);
    return ffi().dlopen(path, Object.fromEntries(symbols)).symbols;
  },

  viewMemory: (_library, area) => ffi().toArrayBuffer(Number(area[0]), 0, Number(area[1])),

  childLoadsLibrary: () => true,

  // On Bun, a socket of `node:net` over a descriptor never reports bytes. So Bun's own sockets are used.
  watchSocket(_library: object, fd: number, data: () => void): void {
    // Bun takes an empty datagram for the end, so another process could make this one deaf.
    host?.connect({ fd, socket: { data, error: () => {}, end: () => lookRepeatedly(data) } }).then(
      (socket) => socket.unref(),
      () => lookRepeatedly(data),
    );
  },

  // Bun reads sockets alone.
  watchesPollers: () => false,
  watchesPipes: false,

  leavesSockets: false,

  resolvers: [resolveWithQuery],
  importsPaths: true,
  importSpecifier,
  packageSpecifier: () => undefined,
  importLoaded: async (urls) => urls.map(importListed),
  seesModules: async () => true,

  mainModule: () => (host === undefined ? null : pathToFileURL(host.main).href),

  onExit: onProcessExit,

  // Bun opens an output, and makes it non-blocking, even when a program only looks whether `process` has it. So nothing here looks.
  shareOutput: () => {},

  stdinReader: `async (data, end) => {
    try {
      for await (const chunk of Bun.stdin.stream()) data(chunk);
    } finally {
      end();
    }
  }`,

  // `Bun.stdin` is read-only, so only `process.stdin` is replaced.
  emptyStdin: emptyProcessStdin,
};

// When the child is gone, Bun may throw at once, or later.
async function write(stdin: BunChild["stdin"], bytes: Uint8Array): Promise<void> {
  await Promise.all([stdin.write(bytes), stdin.flush()]);
}

function stdio(output: Output): string {
  return output === "null" ? "ignore" : output;
}

function ffi(): BunFfi {
  return modules().createRequire(import.meta.url)("bun:ffi") as BunFfi;
}

let listed: object | undefined;

/** Imports a module if it is in the cache of `require`, in which Bun lists the ES modules that it has evaluated too. */
function importListed(url: string): Promise<object | undefined> | undefined {
  if (!url.startsWith("file:")) return undefined;
  listed ??= requireCache();
  const path = pathWithQuery(url);
  if (path in listed) return import(importSpecifier(url));
  // A stack may name a module without its query. Then the module without a query is another one, which was not loaded.
  if (Object.keys(listed).some((each) => each.startsWith(`${path}?`))) return Promise.resolve(undefined);
  // A module that is not listed may be one that is still being evaluated.
  return undefined;
}

function pathWithQuery(url: string): string {
  return `${fileURLToPath(url)}${new URL(url).search}`;
}

// Bun ignores the query of a file's URL, but not that of a path.
function importSpecifier(url: string): string {
  return url.startsWith("file:") && url.includes("?") ? pathWithQuery(url) : url;
}

function resolveWithQuery(specifier: string, parent: string): string {
  const found = host?.resolveSync(specifier, dirname(fileURLToPath(parent))) ?? "";
  if (!specifier.includes("?")) return found;
  const query = found.lastIndexOf("?");
  return query < 0 ? found : `${pathToFileURL(found.slice(0, query)).href}${found.slice(query)}`;
}
