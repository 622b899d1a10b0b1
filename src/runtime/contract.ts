/** How a process ended: by its exit code, or by a signal's name. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** The destination of a child's output: this process's own output, a stream, or nowhere. */
export type Output = "inherit" | "pipe" | "null";

/** A program to be started. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** Added to this process's environment; `undefined` removes a variable. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string | undefined;
  readonly stdout: Output;
  readonly stderr: Output;
}

/** A process of the operating system that this process started. It never holds the event loop by itself (see util/event-loop.ts). */
export interface OsProcess {
  readonly pid: number;
  readonly stdout: ReadableStream<Uint8Array> | null;
  readonly stderr: ReadableStream<Uint8Array> | null;
  /** Settles exactly once; never rejects. */
  readonly exited: Promise<Exit>;
  /** Does nothing once the process has ended, so that a pid that is used again is never hit. */
  kill(signal: "SIGTERM" | "SIGKILL"): void;
}

/** A process that a runtime started, with a pipe as its stdin. */
export interface RunningProgram {
  readonly process: OsProcess;
  /** Rejects if the program can't be run. */
  readonly started: Promise<void>;
  /** Writes to its stdin. A process that is gone is no error here. */
  write(bytes: Uint8Array): void;
}

/** The options that decide the command line of a child. */
export interface EntryOptions {
  /** The module to run. */
  readonly entry: URL;
  /** The user's own flags, after those that are carried over. */
  readonly execArgv: readonly string[];
  /** Folders that the child must be able to write, where its runtime asks for permission. */
  readonly writable: readonly string[];
  /** The native library, if this process has loaded it. */
  readonly library?: string | undefined;
  /** Bytes that the engine's heap may have. */
  readonly memory?: number | undefined;
}

/** The functions of a native library: they take numbers and arrays, and give numbers. */
export type LibraryFunctions = Record<string, (...args: never[]) => number>;

/** All that this package needs of a runtime. Each runtime has an adapter that gives it. */
export interface Runtime {
  readonly name: RuntimeName;
  readonly version: string;
  /** The program that runs this runtime: this process's own program where the runtime is the same. */
  readonly execPath: string;
  /** The permissions that a program needs to start processes, as a sentence for an error. */
  readonly needs: string;

  // Starting children.

  /** The arguments that run `entry` on this runtime, with the flags and permissions that the parent may pass on. */
  entryArguments(options: EntryOptions): string[];
  /** Starts a program in a session of its own. Throws where the runtime knows at once that it can't; otherwise `started` rejects. */
  run(command: Command): RunningProgram;
  /** This process's environment; `undefined` where the program may not read all of it. */
  environment(): Readonly<Record<string, string | undefined>> | undefined;
  /** Whether the program's permissions let it run this file. */
  mayRun(file: string): boolean;

  // In a child.

  /** Reads stdin in a helper thread: `data` for each chunk, `end` once at its end. */
  watchStdin(data: (chunk: Uint8Array) => void, end: () => void): void;
  /** Gives the program an empty stdin in place of the channel to the parent. */
  emptyStdin(): void;

  // Modules of the program.

  /** URL of the program's main module, if it has one. */
  mainModule(): string | null;
  /** Find the module that `import` loads for a specifier that is no URL. Tried in turn; each throws or gives "" if it can't tell. */
  readonly resolvers: readonly Resolver[];
  /** Whether relative specifiers are paths, in which %20 is no space. */
  readonly importsPaths: boolean;
  /** Whether imports that are used as types only are left out, and nothing else tells which modules were evaluated. */
  readonly dropsTypeOnlyImports: boolean;
  /** False if the module is known not to be evaluated: importing it could run it. */
  mayBeEvaluated(url: string): boolean;

  // Native libraries.

  /** Why the program's permissions keep it from loading a library, if they do. */
  refusesLibrary(path: string): string | undefined;
  /** Opens a library. In a signature, "i" is a number and "p" an array. Throws if it can't be loaded, here or at the first use. */
  openLibrary(path: string, signatures: Readonly<Record<string, string>>): LibraryFunctions;
  /** Memory at {address, size in bytes}, without a copy. Throws `UnsupportedError` where the engine has no such buffers. */
  viewMemory(library: object, area: BigUint64Array): ArrayBuffer;
  /** Whether a child of this runtime, started with these arguments, may load the library. */
  childLoadsLibrary(args: readonly string[]): boolean;
  /** Calls `data` whenever bytes come on a socket that belongs to this process. Never holds the event loop. */
  watchSocket(library: object, fd: number, data: () => void): void;
}

/** Resolves a specifier in the module `parent`. */
export type Resolver = (specifier: string, parent: string) => string;

export type RuntimeName = "node" | "deno" | "bun";
