import { UnsupportedError } from "../../errors/errors.ts";
import { malformedReference } from "../../errors/messages.ts";
import { runtime } from "../../runtime/current.ts";
import type { Tree } from "../../tree/tree.ts";
import { allSettled } from "../../util/all-settled.ts";
import { holdEventLoop } from "../../util/event-loop.ts";
import type { Backend, BackendFeatures, MakeOptions } from "../contract/backend.ts";
import type { Kind } from "../contract/kind.ts";
import type { Launcher } from "../contract/launcher.ts";
import type { Port } from "../contract/port.ts";
import type { Ref } from "../contract/ref.ts";
import { Fetching } from "./core/fetching.ts";
import { Handles } from "./core/handles.ts";
import { Inbox } from "./core/inbox.ts";
import { Keeper } from "./core/keeper.ts";
import { checkLocation, NATIVE } from "./core/location.ts";
import type { NativeThread } from "./core/native-thread.ts";
import { nativeKinds } from "./kinds.ts";
import { NativeLauncher } from "./launch/launcher.ts";
import { ABI } from "./library/functions.ts";
import type { Library } from "./library/load.ts";

/** The backend whose objects live in shared memory and in sockets. It needs the native library. */
export class Native implements Backend {
  readonly name: string = NATIVE;
  readonly features: BackendFeatures;
  readonly launcher: Launcher;
  readonly #thread: NativeThread;
  readonly #handles: Handles;

  constructor({ shim, checked }: Library, tree: Tree) {
    const inbox = new Inbox(shim, tree);
    this.#thread = { tree, inbox, keeper: new Keeper(inbox, tree), unsent: new Set() };
    this.#handles = new Handles(this.#thread);
    this.features = { fileno: true, sync: true, sharedMemory: true, limits: true, library: checked.path, abi: ABI };
    this.launcher = new NativeLauncher(this.#handles, checked);
    runtime.onExit((code) => this.#handles.end(code));
  }

  make<P extends Port, S, M>({ name, label }: Kind<P, S, M>, settings: S, options: MakeOptions = {}): M {
    const kind = nativeKinds.get(name);
    // A program makes an object of a kind that only another backend has.
    if (kind === undefined) throw new UnsupportedError(`The native backend has no ${label}: use another backend.`);
    return kind.make(this.#handles, settings as never, options) as M;
  }

  attach(ref: Ref): Port {
    const kind = nativeKinds.get(ref.kind);
    if (kind === undefined) throw malformedReference();
    const location = checkLocation(ref);
    // Before the descriptor is claimed, which would have to be closed.
    if (kind.needsType && location.type === undefined) throw malformedReference();
    if (location.more !== undefined && kind.hasMore !== true) throw malformedReference();
    const [fd = -1, ...more] = this.#thread.keeper.take(location);
    return kind.open(this.#handles, { fd, more, location });
  }

  fetch(refs: readonly Ref[]): Promise<void> | undefined {
    const fetching = Fetching.begin(this.#thread, refs);
    if (fetching === undefined || fetching.look(0)) return undefined;
    const letGo = holdEventLoop();
    return new Promise<void>((resolve) => fetching.whenReady(resolve)).finally(letGo);
  }

  async flushed(): Promise<void> {
    await allSettled(this.#thread.unsent);
  }
}
