import { CorruptedError } from "../../../errors/errors.ts";
import { randomName } from "../../../util/random.ts";
import type { Handle, Origin } from "./handle.ts";
import type { Location } from "./location.ts";
import type { NativeThread } from "./native-thread.ts";

/** An object that another process sent. */
export interface Received {
  readonly fd: number;
  /** Further descriptors that belong to it. */
  readonly more: readonly number[];
  readonly location: Location;
}

/** The objects that this thread has open. */
export class Handles {
  readonly thread: NativeThread;
  readonly #handles = new Map<string, Handle>();

  constructor(thread: NativeThread) {
    this.thread = thread;
  }

  /** Opens a new object. */
  make<H extends Handle>(open: (origin: Origin) => H): H {
    return this.#add(open({ identity: randomName(16), isReceived: false }));
  }

  /** Returns the handle of an object that another process sent. If the object is open already, the second descriptor is closed. */
  receive<H extends Handle>({ fd, location }: Received, Class: abstract new (...args: never[]) => H, open: (origin: Origin) => H): H {
    const { identity = "", home } = location;
    const handle = this.#handles.get(identity);
    if (handle === undefined) return this.#add(open({ identity, isReceived: true, home }));
    this.thread.inbox.shim.pp_close(fd);
    if (handle instanceof Class) return handle;
    throw otherKind();
  }

  /** Cleans up all objects after dead processes. */
  sweep(): void {
    for (const handle of this.#handles.values()) handle.sweep();
    this.thread.inbox.shim.pp_memory_sweep();
  }

  /** Called when this process ends. */
  end(code: number): void {
    for (const handle of this.#handles.values()) {
      handle.end();
      if (code === 0) handle.leave();
    }
  }

  #add<H extends Handle>(handle: H): H {
    const { identity } = handle.origin;
    this.#handles.set(identity, handle);
    handle.onClose = () => this.#handles.delete(identity);
    return handle;
  }
}

/** A reference names an object that is open here, as an object of another kind. */
export function otherKind(): CorruptedError {
  return new CorruptedError("A reference names an object of another kind: its sender is no polyproc process.");
}
