import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { UnsupportedError } from "../errors/errors.ts";
import { fs, modules } from "../util/lazy-modules.ts";
import type { Exit, LaunchOptions, Output, Runtime, SpawnCommand, SpawnedChild } from "./current.ts";
import { adoptSocket, heapFlag, isInPackages, replaceStdin } from "./shared.ts";

type Permission = "read" | "write" | "net" | "env" | "run" | "sys" | "ffi" | "import";
const PERMISSIONS: readonly Permission[] = ["read", "write", "net", "env", "run", "sys", "ffi", "import"];

/** Where every program may import from, unless it is told. */
const USUAL_HOSTS = [
  "deno.land",
  "jsr.io",
  "esm.sh",
  "raw.esm.sh",
  "cdn.jsdelivr.net",
  "raw.githubusercontent.com",
  "gist.githubusercontent.com",
].map((name) => `${name}:443`);

interface DenoChild {
  readonly pid: number;
  readonly status: Promise<{ readonly code: number; readonly signal: string | null }>;
  readonly stdin: WritableStream<Uint8Array>;
  readonly stdout: ReadableStream<Uint8Array>;
  readonly stderr: ReadableStream<Uint8Array>;
  kill(signal: string): void;
  unref(): void;
}

/** The few things of Deno that are used here, declared so that published code needs no Deno types. */
export interface DenoHost {
  readonly version: { readonly deno: string };
  readonly mainModule: string;
  readonly build: { readonly standalone?: boolean };
  readonly stdin: { read(buffer: Uint8Array): Promise<number | null> };
  readonly Command: new (file: string, options: Record<string, unknown>) => { spawn(): DenoChild };
  readonly permissions: {
    querySync(descriptor: { name: Permission; path?: string; command?: string; host?: string }): { readonly state: string };
  };
  execPath(): string;
  dlopen(path: string, symbols: Record<string, unknown>): { readonly symbols: Record<string, (...args: never[]) => number> };
  readonly UnsafePointer: { create(address: bigint): object | null };
  readonly UnsafePointerView: { getArrayBuffer(pointer: object | null, length: number): ArrayBuffer };
}

/** The adapter, over the host's own API (a parameter so that it can be tested elsewhere). */
export function denoRuntime(host: DenoHost | undefined): Runtime {
  return {
    name: "deno",
    version: host?.version.deno ?? "",
    execPath: host?.execPath() ?? "deno",
    needs: "Deno programs that start processes need --allow-read, --allow-write, --allow-net and --allow-run.",

    launchArguments(options: LaunchOptions): string[] {
      if (host?.build.standalone === true) {
        throw new UnsupportedError(
          "A compiled Deno program can't run another module: call setExecutable() with the path of a deno binary.",
        );
      }
      return [
        "run",
        "--no-prompt",
        ...grants(host, options),
        ...configFlag(host),
        ...v8Flags(options.memory),
        ...options.execArgv,
        options.entry.href,
      ];
    },

    spawn(command: SpawnCommand): { child: SpawnedChild; started: Promise<void> } {
      if (host === undefined) throw new UnsupportedError("Deno.Command exists on Deno alone.");
      const child = new host.Command(command.file, {
        args: command.args,
        cwd: command.cwd,
        ...environment(command.env),
        stdin: "piped",
        stdout: stdio(command.stdout),
        stderr: stdio(command.stderr),
        detached: true,
      }).spawn();
      child.unref();
      const writer = child.stdin.getWriter();
      let alive = true;
      const exited = child.status.then((status): Exit => {
        alive = false;
        // Else it stays open until it is collected.
        void writer.abort().catch(() => {});
        return status.signal === null ? { code: status.code, signal: null } : { code: null, signal: status.signal };
      });
      return {
        started: Promise.resolve(),
        child: {
          pid: child.pid,
          stdout: command.stdout === "pipe" ? child.stdout : null,
          stderr: command.stderr === "pipe" ? child.stderr : null,
          exited,
          write: (bytes) => void writer.write(bytes).catch(() => {}),
          kill: (signal) => {
            if (alive) ignoreEnded(() => child.kill(signal));
          },
        },
      };
    },

    environment: () => (host?.permissions.querySync({ name: "env" }).state === "granted" ? process.env : undefined),

    mayRun: (file) => host?.permissions.querySync({ name: "run", command: file }).state === "granted",

    // Asking for what is missing would stop the program at a prompt.
    refusesLibrary: (path) => {
      const missing = (["ffi", "read"] as const).find((name) => host?.permissions.querySync({ name, path }).state !== "granted");
      return missing === undefined ? undefined : `Deno was started without --allow-${missing} for ${path}`;
    },

    openLibrary(path: string, signatures: Readonly<Record<string, string>>): Record<string, (...args: never[]) => number> {
      if (host === undefined) throw new UnsupportedError("Deno.dlopen exists on Deno alone.");
      const types: Readonly<Record<string, string>> = { i: "i32", p: "buffer" };
      const library: Record<string, (...args: never[]) => number> = {};
      for (const [name, args] of Object.entries(signatures)) {
        const symbol = { parameters: [...args].map((arg) => types[arg]), result: "i32" };
        // Machine code is made for whatever is opened, and a process calls few of these.
        const get = (): unknown => {
          const value = host.dlopen(path, { [name]: symbol }).symbols[name];
          Object.defineProperty(library, name, { value });
          return value;
        };
        Object.defineProperty(library, name, { get, configurable: true, enumerable: true });
      }
      return library;
    },

    viewMemory(_library: object, place: BigUint64Array): ArrayBuffer {
      if (host === undefined) throw new UnsupportedError("Deno.UnsafePointerView exists on Deno alone.");
      try {
        return host.UnsafePointerView.getArrayBuffer(host.UnsafePointer.create(place[0] ?? 0n), Number(place[1]));
      } catch (error) {
        const advice = 'run Deno with --allow-ffi for everything (a child with execArgv: ["--allow-ffi"])';
        throw new UnsupportedError(`This process may load the native library, and have no view of memory: ${advice}.`, { cause: error });
      }
    },

    childLoadsLibrary: (args) => args.some((flag) => /^(-A|--allow-all|--allow-ffi(=|$))/.test(flag)) && !args.includes("--deny-ffi"),

    watchSocket(_library: object, fd: number, data: () => void): void {
      adoptSocket(fd, data);
    },

    mainModule: () => host?.mainModule ?? null,

    // Asked from this package's place; what only the parent's place knows is certain for files outside of packages.
    resolvers: [
      (specifier) => import.meta.resolve(specifier),
      (specifier, parent) => outsidePackages(modules().createRequire(parent).resolve(specifier)),
    ],
    importsPaths: false,
    elidesImports: true,
    mayBeEvaluated: () => true,

    watchStdin(data: (chunk: Uint8Array) => void, end: () => void): void {
      void readAll(host, data).then(end, end);
    },

    emptyStdin(): void {
      replaceStdin();
      if (host === undefined) return;
      const empty = {
        read: async () => null,
        readSync: () => null,
        readable: new Blob([]).stream(),
        isTerminal: () => false,
        close: () => {},
      };
      Object.defineProperty(host, "stdin", { value: empty, configurable: true });
    },
  };
}

function outsidePackages(path: string): string {
  return isInPackages(path) ? "" : path;
}

async function readAll(host: DenoHost | undefined, data: (chunk: Uint8Array) => void): Promise<void> {
  if (host === undefined) return;
  for (;;) {
    const buffer = new Uint8Array(65536);
    const count = await host.stdin.read(buffer);
    if (count === null) return;
    data(buffer.subarray(0, count));
  }
}

function v8Flags(memory: number | undefined): string[] {
  return heapFlag(memory).map((flag) => `--v8-flags=${flag}`);
}

function stdio(output: Output): string {
  return output === "pipe" ? "piped" : output;
}

function ignoreEnded(kill: () => void): void {
  try {
    kill();
  } catch (error) {
    // It ended a moment ago; a missing permission must be seen.
    if (error instanceof Error && error.name === "NotCapable") throw error;
  }
}

// A removed variable needs the whole environment rewritten, and so --allow-env; additions alone don't.
function environment(changes: Readonly<Record<string, string | undefined>>): Record<string, unknown> {
  const entries = Object.entries(changes);
  if (entries.every(([, value]) => value !== undefined)) return { env: changes };
  return {
    clearEnv: true,
    env: Object.fromEntries(Object.entries({ ...process.env, ...changes }).filter(([, value]) => value !== undefined)),
  };
}

// Kinds the parent holds as a whole pass on; a parent that has no permissions to pass gives what the library itself needs.
function grants(host: DenoHost | undefined, options: LaunchOptions): string[] {
  const { library } = options;
  // What the caller grants counts.
  const wanted = library !== undefined && !options.execArgv.some((flag) => flag.startsWith("--allow-ffi"));
  // A parent without permissions to pass trusts the library whole; views of shared memory need that.
  const open = options.writable.map((folder) => `--allow-write=${folder}`);
  if (host === undefined) return ["--allow-read", "--allow-net", ...open, ...(wanted ? ["--allow-ffi"] : [])];
  const state = (name: Permission, path?: string) => host.permissions.querySync({ name, path }).state === "granted";
  const whole = PERMISSIONS.filter((name) => state(name)).map((name) => `--allow-${name}`);
  const narrow = options.writable.flatMap((folder) => [
    ...(!state("write") && state("write", folder) ? [`--allow-write=${folder}`] : []),
    ...(!state("read") && state("read", folder) ? [`--allow-read=${folder}`] : []),
  ]);
  if (wanted && !state("ffi")) narrow.push(`--allow-ffi=${library}`);
  if (library !== undefined && !state("read")) narrow.push(`--allow-read=${library},${library}.sha256`);
  return [...whole, ...narrow, ...importsFrom(host, options.entry)];
}

// The hosts of program and package, where a child may not import from them by itself. A list takes the place of what every program may.
function importsFrom(host: DenoHost, entry: URL): string[] {
  const may = (name?: string) => host.permissions.querySync({ name: "import", host: name }).state === "granted";
  if (may()) return [];
  const itself = new Set([...USUAL_HOSTS, ...hostOf(entry)]);
  const granted = [...new Set([...itself, ...hostOf(new URL(host.mainModule))])].filter(may);
  return granted.length === 0 || granted.join() === [...itself].join() ? [] : [`--allow-import=${granted}`];
}

function hostOf({ protocol, hostname, port }: URL): string[] {
  return /^https?:$/.test(protocol) ? [`${hostname}:${port || (protocol === "https:" ? 443 : 80)}`] : [];
}

// The child's entry lies in this package, so the program's own deno.json has to be named.
function configFlag(host: DenoHost | undefined): string[] {
  if (host === undefined || !host.mainModule.startsWith("file:")) return [];
  try {
    for (let folder = dirname(fileURLToPath(host.mainModule)); ; folder = dirname(folder)) {
      const found = ["deno.json", "deno.jsonc"].map((name) => join(folder, name)).find((path) => fs().existsSync(path));
      if (found !== undefined) return [`--config=${found}`];
      if (dirname(folder) === folder) return [];
    }
  } catch {
    return [];
  }
}

export const deno: Runtime = denoRuntime((globalThis as unknown as { Deno?: DenoHost }).Deno);
