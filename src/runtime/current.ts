import { bun } from "./bun.ts";
import { deno } from "./deno.ts";
import { node } from "./node.ts";

/** How a child ended: by its exit code, or by a signal's name. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

export type Output = "inherit" | "pipe" | "null";

export interface SpawnCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string | undefined;
  readonly stdout: Output;
  readonly stderr: Output;
}

/** A child process. It never holds the event loop by itself (see hold.ts). */
export interface ChildHandle {
  readonly pid: number;
  readonly stdout: ReadableStream<Uint8Array> | null;
  readonly stderr: ReadableStream<Uint8Array> | null;
  /** Settles exactly once; never rejects. */
  readonly exited: Promise<Exit>;
  /** A no-op once the child has ended, so that a re-used pid is never hit. */
  kill(signal: "SIGTERM" | "SIGKILL"): void;
}

/** A child that the runtime started. */
export interface SpawnedChild extends ChildHandle {
  /** Writes to the child's stdin; a child that is gone is no error here. */
  write(bytes: Uint8Array): void;
}

export interface LaunchOptions {
  /** The module to run. */
  readonly entry: URL;
  /** The user's own flags, after those carried over. */
  readonly execArgv: readonly string[];
  /** Folders that the child must be able to write, where its runtime asks for permission. */
  readonly writable: readonly string[];
  /** The native library, if this process has loaded it. */
  readonly library?: string | undefined;
  /** Bytes that the engine's heap may have. */
  readonly memory?: number | undefined;
}

/** What the library needs of a runtime. */
export interface Runtime {
  readonly name: RuntimeName;
  readonly version: string;
  /** The program that runs this runtime; the parent's own where it is the same. */
  readonly execPath: string;
  /** What a program must be allowed for processes to work, as a sentence for an error. */
  readonly needs: string;
  /** The command line, without the program, that runs `entry` on this runtime with what the parent may pass on. */
  launchArguments(options: LaunchOptions): string[];
  /** Starts a child in a session of its own. Throws where the runtime knows at once; otherwise `started` rejects. */
  spawn(command: SpawnCommand): { readonly child: SpawnedChild; readonly started: Promise<void> };
  /** This process's environment; undefined where the program may not read all of it. */
  environment(): Readonly<Record<string, string | undefined>> | undefined;
  /** Whether the program's permissions let it run this program. */
  mayRun(file: string): boolean;
  /** URL of the program's main module, if it has one. */
  mainModule(): string | null;
  /** What `import` would load for a specifier that is no URL: tried in turn, each throws or gives "" where it can't tell. */
  readonly resolvers: readonly Resolver[];
  /** Whether relative specifiers are paths, in which %20 is no space. */
  readonly importsPaths: boolean;
  /** Whether imports used as types only are left out, and nothing else tells which modules were evaluated. */
  readonly elidesImports: boolean;
  /** False if the module is known not to be evaluated: importing it could run it. */
  mayBeEvaluated(url: string): boolean;
  /** Why the program's permissions keep it from loading a library, if they do. */
  refusesLibrary(path: string): string | undefined;
  /** Opens a library: its functions, which take numbers ("i") and arrays ("p") and give numbers. Throws where it can't be loaded, here or in the first use. */
  openLibrary(path: string, signatures: Readonly<Record<string, string>>): Record<string, (...args: never[]) => number>;
  /** Memory at {address, size in bytes}, without a copy. Throws `UnsupportedError` where the engine has no such buffers. */
  viewMemory(library: object, place: BigUint64Array): ArrayBuffer;
  /** Whether a child of this runtime, started with these arguments, may load the library. */
  childLoadsLibrary(args: readonly string[]): boolean;
  /** Calls `data` whenever bytes come on a socket that belongs to this process; never holds the event loop. */
  watchSocket(library: object, fd: number, data: () => void): void;
  /** Reads stdin in a helper thread: `data` for each chunk, `end` once at its end. */
  watchStdin(data: (chunk: Uint8Array) => void, end: () => void): void;
  /** Gives the program an empty stdin in place of the channel to the parent. */
  emptyStdin(): void;
}

export type Resolver = (specifier: string, parent: string) => string;

export type RuntimeName = "node" | "deno" | "bun";

export const runtimes: Readonly<Record<RuntimeName, Runtime>> = { node, deno, bun };

// Deno and Bun both claim to be Node, so they are asked first.
const present: RuntimeName = "Deno" in globalThis ? "deno" : "Bun" in globalThis ? "bun" : "node";

/** The runtime this program runs on. */
export const runtime: Runtime = runtimes[present];
