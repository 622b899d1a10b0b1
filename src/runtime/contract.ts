import type { Inspection } from "./inspection.ts";

/**
 * The end of a process: its exit code, or the name of the signal that killed it. A real-time signal is named by its number: "SIG34". Both are
 * `null` if the system does not tell how the process ended.
 */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** The destination of a child's output: "inherit" is this process's own output, "pipe" a stream for the program, "null" nowhere. */
export type Output = "inherit" | "pipe" | "null";

/** A program to be started. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** This process's environment at the moment of the start, or `undefined` if the program has no permission to read all of it. */
  readonly environment: Readonly<Record<string, string | undefined>> | undefined;
  /** Variables that are added to this process's environment; `undefined` removes a variable. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string | undefined;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Whether the program shall live on when this process is gone. */
  readonly detached: boolean;
}

/**
 * A process of the operating system that this process started. It does not keep the event loop alive by itself (see util/event-loop.ts).
 */
export interface OsProcess {
  readonly pid: number;
  readonly stdout: ReadableStream<Uint8Array> | null;
  readonly stderr: ReadableStream<Uint8Array> | null;
  /** Settles exactly once; never rejects. */
  readonly exited: Promise<Exit>;
  /** Sends a signal. It does nothing once the process has ended, so that no other process that got the same pid is hit. */
  kill(signal: "SIGTERM" | "SIGKILL"): void;
}

/** A process that a runtime started, with a pipe as its stdin. */
export interface RunningProgram {
  readonly process: OsProcess;
  /** Resolves when the program runs. Rejects if it can't be run. */
  readonly started: Promise<void>;
  /** Writes to the program's stdin. If the program is gone, this does nothing. */
  write(bytes: Uint8Array): void;
}

/** The options that decide the command line of a child. */
export interface EntryOptions {
  /** The module to run. */
  readonly entry: URL;
  /** The user's own flags, after those that are carried over. */
  readonly execArgv: readonly string[];
  /** The child's working folder, if it is not that of this process. */
  readonly cwd?: string | undefined;
  /** Folders that the child must be able to write, where its runtime asks for permission. */
  readonly writable: readonly string[];
  /** The native library, if this process has loaded it. */
  readonly library?: string | undefined;
  /** The limit of the engine's heap, in bytes. */
  readonly memory?: number | undefined;
}

/** The functions of a native library. They take numbers and arrays, and return numbers. */
export type LibraryFunctions = Record<string, (...args: never[]) => number>;

/** Everything that this package needs from a runtime. Each runtime has an adapter that provides it. */
export interface Runtime {
  readonly name: RuntimeName;
  readonly version: string;
  /** The program of this runtime. If this process runs on the same runtime, it is the program that runs this process, if that is one. */
  readonly execPath: string;
  /**
   * What the program of this process is, if it is not the runtime's own program, such as an executable file that a compiler made. It runs
   * its own main module whatever its arguments are.
   */
  readonly foreignProgram: string | undefined;
  /** The executable file that contains the program of this process, if a compiler made one. */
  readonly executable: string | undefined;
  /** Whether a process ends when its event loop is empty although its main module still waits at its top level. */
  readonly endsWithPendingModule: boolean;
  /** A sentence for error messages that names the permissions which a program needs to start processes. */
  readonly needs: string;

  // Starting children.

  /** Returns how the flags of this process have it inspected by a debugger, or `undefined` if they do not. */
  inspection(): Inspection | undefined;
  /** Returns the arguments that run `entry` on this runtime, with the flags and permissions that a child takes over from its parent. */
  entryArguments(options: EntryOptions): string[];
  /** Starts a program, in a session of its own where the system has sessions. If that fails, this throws if the runtime knows it at once; otherwise `started` rejects. */
  run(command: Command): RunningProgram;
  /** Whether a child that a real-time signal killed looks to this runtime as if it had exited with 0. */
  readonly takesSignalsForZero: boolean;
  /** Returns this process's environment, or `undefined` if the program has no permission to read all of it. */
  environment(): Readonly<Record<string, string | undefined>> | undefined;
  /** Whether the program's permissions let it run this file. */
  mayRun(file: string): boolean;

  // The end of this process.

  /**
   * Calls back, once and synchronously, when this process ends by itself: because its work is done, because the program calls for the exit,
   * or because of an uncaught error. The returned function takes the callback back.
   */
  onExit(callback: (code: number) => void): () => void;

  /**
   * Keeps this process from making a shared standard output non-blocking. It is called before the first start of a child that shares the
   * outputs of this process (`isOpened`: the program may use them already), and by each child.
   */
  shareOutput(isOpened: boolean): void;

  // In a child.

  /** The text of a function `(data, end) => void` that reads stdin in a helper thread: `data` for each chunk, `end` once at its end. */
  readonly stdinReader: string;
  /** Replaces the program's stdin, which is the channel to the parent, by an empty one. */
  emptyStdin(): void;

  // Modules of the program.

  /** Returns the URL of the program's main module, or `null` if it has none. */
  mainModule(): string | null;
  /** Functions that find the module for a specifier that is not a URL. They are tried in turn. One that fails throws or returns "". */
  readonly resolvers: readonly Resolver[];
  /** Whether the runtime takes relative specifiers as paths, in which %20 does not mean a space. */
  readonly importsPaths: boolean;
  /** Returns the specifier with which an import takes the whole URL, its query included. */
  importSpecifier(url: string): string;
  /**
   * Returns the specifier with which an import takes a package from the registry of npm, or `undefined` on a runtime that takes packages only from
   * folders.
   */
  packageSpecifier(name: string, versions: string): string | undefined;
  /**
   * Imports those of these modules that this program has loaded already, and evaluates no other. Gives a promise for each: it resolves with
   * the module's exports, or with `undefined` if the program has not loaded the module, it rejects if the module's evaluation failed, and it
   * stays pending while the module is still being evaluated. In place of a promise it gives `undefined` if the runtime can't tell.
   */
  importLoaded(urls: readonly string[]): Promise<(Promise<object | undefined> | undefined)[]>;
  /** Whether `importLoaded` sees the program's modules. It does not where a test runner imports modules in its own way. */
  seesModules(): Promise<boolean>;

  /** Frees at once what nothing refers to, as far as the engine can be asked. */
  collectGarbage(): void;
  /** Whether this process can open so many more files. The answer is yes if it has no permission to try. */
  canOpen(count: number): boolean;

  // Native libraries.

  /** Returns why the program's permissions forbid to load a library, or `undefined` if they allow it. */
  refusesLibrary(path: string): string | undefined;
  /** Opens a library. In a signature, "i" is a number and "p" an array. If it can't be loaded, this or the first call throws. */
  openLibrary(path: string, signatures: Readonly<Record<string, string>>): LibraryFunctions;
  /** Returns a buffer over the memory at {address, size in bytes}. Throws `UnsupportedError` if the engine has no such buffers. */
  viewMemory(library: object, area: BigUint64Array): ArrayBuffer;
  /** Whether a child of this runtime, started with these arguments, may load the library. */
  childLoadsLibrary(args: readonly string[]): boolean;
  /** Calls `data` whenever bytes come on a socket that belongs to this process. It does not keep the event loop alive. */
  watchSocket(library: object, fd: number, data: () => void): void;
  /** Whether `watchSocket` takes a descriptor of epoll. */
  watchesPollers(library: object): boolean;
  /** Whether `watchSocket` takes a named pipe. If not, it takes a datagram socket. */
  readonly watchesPipes: boolean;
  /** Whether a socket that a worker thread watches stays open when the thread ends. */
  readonly leavesSockets: boolean;
}

/** Resolves a specifier in the module `parent`. */
export type Resolver = (specifier: string, parent: string) => string;

/** The name of a supported runtime. */
export type RuntimeName = "node" | "deno" | "bun";
