import type { Kind } from "./kind.ts";
import type { Launcher } from "./launcher.ts";
import type { Port } from "./port.ts";
import type { Ref } from "./ref.ts";

/** What a backend can do: data, so that no other layer has to know backends by name. */
export interface BackendFeatures {
  /** Whether connections have a file descriptor. */
  readonly fileno: boolean;
  /** Whether ports have blocking calls. */
  readonly sync: boolean;
  readonly sharedMemory: boolean;
  /** Whether children can have resource limits. */
  readonly limits: boolean;
  /** The path of its native library, and the version of that library's interface. */
  readonly library: string | null;
  readonly abi: number | null;
}

/** Options of every new object. */
export interface MakeOptions {
  /** A label; on many hosts the address under which other hosts find the object. */
  readonly name?: string | undefined;
}

/** Where shared objects live. */
export interface Backend {
  readonly name: string;
  readonly features: BackendFeatures;
  /** How children are started whose channel this backend provides. */
  readonly launcher: Launcher;
  /**
   * Makes an object. It returns at once, as constructors are synchronous: a backend that has to ask somebody reports a refusal in the
   * object's first call. Throws `UnsupportedError` for a kind that this backend does not have.
   */
  make<P extends Port, S, M>(kind: Kind<P, S, M>, settings: S, options?: MakeOptions): M;
  /** A port to an object that a message referred to. Throws `CorruptedError` for a reference that no process of ours makes. */
  attach(ref: Ref): Port;
  /** Resolves when what this process has put and sent is out. */
  flushed(): Promise<void>;
}

/** How a process comes by a backend. */
export interface BackendProvider {
  readonly name: string;
  /** Whether new objects go to this backend when nobody names one. The first such provider that is available is taken. */
  readonly automatic: boolean;
  /** Whether this process can use it, and why or why not. */
  available(): { readonly yes: boolean; readonly reason: string };
  /** The backend of this thread. Throws `UnsupportedError` with the reason where there is none. */
  open(): Backend;
  /** In a child that this backend's launcher started: the backend, opened as the parent says (`Launched.forChild`). */
  openInChild(forChild: unknown): Backend;
  /** The backend, if `open` was called before. */
  opened(): Backend | undefined;
  /** What there is to say about it on this machine, for `polyproc doctor`. */
  examine?(inUse: boolean): Findings;
}

/** What a check of this machine found: lines to print, and advice where something is wrong. */
export interface Findings {
  readonly lines: readonly (readonly [label: string, text: string])[];
  readonly advice: readonly string[];
}
