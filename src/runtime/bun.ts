import { dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { UnsupportedError } from "../errors/errors.ts";
import { modules } from "../util/lazy-modules.ts";
import type { Exit, LaunchOptions, Output, Runtime, SpawnCommand, SpawnedChild } from "./current.ts";
import { carriedFlags, entryPath, lookNowAndThen, replaceStdin } from "./shared.ts";

interface BunChild {
  readonly pid: number;
  readonly stdin: { write(bytes: Uint8Array): unknown; flush(): unknown; unref?(): void };
  readonly stdout: ReadableStream<Uint8Array>;
  readonly stderr: ReadableStream<Uint8Array>;
  readonly exited: Promise<number>;
  readonly exitCode: number | null;
  readonly signalCode: string | null;
  kill(signal: string): void;
  unref(): void;
}

/** The few things of Bun that are used here, declared so that published code needs no Bun types. */
interface BunHost {
  readonly version: string;
  readonly main: string;
  readonly stdin: { stream(): AsyncIterable<Uint8Array> };
  resolveSync(specifier: string, folder: string): string;
  spawn(options: Record<string, unknown>): BunChild;
  connect(options: Record<string, unknown>): Promise<{ unref(): void }>;
}

interface BunFfi {
  toArrayBuffer(pointer: number, offset: number, length: number): ArrayBuffer;
  dlopen(path: string, symbols: Record<string, unknown>): { readonly symbols: Record<string, (...args: never[]) => number> };
}

const host: BunHost | undefined = (globalThis as unknown as { Bun?: BunHost }).Bun;
let cache: object | undefined;
const COMPILED = /^(\/\$bunfs\/|B:[\\/]~BUN)/;

function ffi(): BunFfi {
  return modules().createRequire(import.meta.url)("bun:ffi") as BunFfi;
}

// Bun lists the ES modules it has evaluated too; where this module is not listed itself, the list says nothing.
function isListed(url: string): boolean {
  cache ??= modules().createRequire(import.meta.url).cache ?? {};
  return fileURLToPath(url) in cache;
}

function stdio(output: Output): string {
  return output === "null" ? "ignore" : output;
}

export const bun: Runtime = {
  name: "bun",
  version: host?.version ?? "",
  execPath: host === undefined ? "bun" : process.execPath,
  needs: "The temporary folder must be writable.",

  launchArguments(options: LaunchOptions): string[] {
    if (host !== undefined && COMPILED.test(host.main)) {
      throw new UnsupportedError("A compiled Bun program can't run another module: call setExecutable() with the path of a bun binary.");
    }
    return [...(host === undefined ? [] : carriedFlags(process.execArgv)), ...options.execArgv, entryPath(options.entry)];
  },

  spawn(command: SpawnCommand): { child: SpawnedChild; started: Promise<void> } {
    if (host === undefined) throw new UnsupportedError("Bun.spawn exists on Bun alone.");
    const child = host.spawn({
      cmd: [command.file, ...command.args],
      cwd: command.cwd,
      env: { ...process.env, ...command.env },
      stdin: "pipe",
      stdout: stdio(command.stdout),
      stderr: stdio(command.stderr),
      detached: true,
    });
    child.unref();
    child.stdin.unref?.();
    let alive = true;
    const exited = child.exited.then((code): Exit => {
      alive = false;
      return child.signalCode === null ? { code, signal: null } : { code: null, signal: child.signalCode };
    });
    return {
      started: Promise.resolve(),
      child: {
        pid: child.pid,
        stdout: command.stdout === "pipe" ? child.stdout : null,
        stderr: command.stderr === "pipe" ? child.stderr : null,
        exited,
        write: (bytes) => {
          void Promise.resolve(child.stdin.write(bytes)).catch(() => {});
          void Promise.resolve(child.stdin.flush()).catch(() => {});
        },
        kill: (signal) => {
          if (alive) child.kill(signal);
        },
      },
    };
  },

  environment: () => process.env,

  mayRun: () => true,

  refusesLibrary: () => undefined,

  openLibrary(path: string, signatures: Readonly<Record<string, string>>): Record<string, (...args: never[]) => number> {
    const types: Readonly<Record<string, string>> = { i: "i32", p: "ptr" };
    const symbols = Object.entries(signatures).map(([name, args]) => [name, { args: [...args].map((arg) => types[arg]), returns: "i32" }]);
    return ffi().dlopen(path, Object.fromEntries(symbols)).symbols;
  },

  viewMemory: (_library, place) => ffi().toArrayBuffer(Number(place[0]), 0, Number(place[1])),

  childLoadsLibrary: () => true,

  watchSocket(_library: object, fd: number, data: () => void): void {
    host?.connect({ fd, socket: { data, error: () => {} } }).then(
      (socket) => socket.unref(),
      () => lookNowAndThen(data),
    );
  },

  resolvers: [(specifier, parent) => host?.resolveSync(specifier, dirname(fileURLToPath(parent))) ?? ""],
  importsPaths: true,
  elidesImports: false,
  mayBeEvaluated: (url) => !url.startsWith("file:") || isListed(url) || !isListed(import.meta.url),

  mainModule: () => (host === undefined ? null : pathToFileURL(host.main).href),

  watchStdin(data: (chunk: Uint8Array) => void, end: () => void): void {
    void readAll(data).then(end, end);
  },

  // Bun.stdin can't be replaced.
  emptyStdin: replaceStdin,
};

async function readAll(data: (chunk: Uint8Array) => void): Promise<void> {
  if (host === undefined) return;
  for await (const chunk of host.stdin.stream()) data(chunk);
}
