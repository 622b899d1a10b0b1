import type { Inspected, SeenProcess } from "./inspect.ts";
import type { Kind } from "./kind.ts";
import type { Launcher } from "./launcher.ts";
import type { Port } from "./port.ts";
import type { Ref } from "./ref.ts";

/** The features of a backend. They are data, so that no other layer has to know backends by name. */
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
  /** A label. On a backend that connects many hosts, other hosts find the object by it. */
  readonly name?: string | undefined;
}

/** Makes shared objects, and opens those that come from other processes. */
export interface Backend {
  readonly name: string;
  readonly features: BackendFeatures;
  /** Starts the children that talk to their parent through this backend. */
  readonly launcher: Launcher;
  /**
   * Makes an object. It returns at once, because constructors are synchronous. A backend that has to ask another process, and is refused,
   * lets the object's first call fail. Throws `UnsupportedError` for a kind that this backend does not have.
   */
  make<P extends Port, S, M>(kind: Kind<P, S, M>, settings: S, options?: MakeOptions): M;
  /**
   * Fetches what other processes have of the objects of a message, so that `attach` need not wait for them. `undefined` if there is nothing
   * to wait for. It never rejects: `attach` throws if an object is gone.
   */
  fetch?(refs: readonly Ref[]): Promise<void> | undefined;
  /** Returns a port to an object from a message's reference. Throws `CorruptedError` for a reference that is not valid. */
  attach(ref: Ref): Port;
  /** Resolves when all puts and sends of this process are complete. */
  flushed(): Promise<void>;
}

/** Opens a backend, if this process can use it. */
export interface BackendProvider {
  readonly name: string;
  /** Whether this backend may become the default. The first such provider that is available does. */
  readonly automatic: boolean;
  /** Whether this process can use the backend, and the reason. */
  available(): { readonly yes: boolean; readonly reason: string };
  /** Returns the backend of this thread. Throws `UnsupportedError` with the reason if this process can't use it. */
  open(): Backend;
  /** Opens the backend in a child that its launcher started. `forChild` is `Launched.forChild` of the parent. */
  openInChild(forChild: unknown): Backend;
  /** Returns the backend if it was opened before. */
  opened(): Backend | undefined;
  /** Examines this machine for `polyproc doctor`. `chosen` is the backend of new objects, if there is one. */
  examine?(chosen: string | undefined): Findings;
  /** Finds for `polyproc ps` the objects that these processes share through this backend. It changes nothing, and waits 200 ms at most. */
  inspect?(processes: readonly SeenProcess[]): Promise<Inspected>;
}

/** The result of a check of this machine: lines to print, and advice if something is wrong. */
export interface Findings {
  readonly lines: readonly (readonly [label: string, text: string])[];
  readonly advice: readonly string[];
}
