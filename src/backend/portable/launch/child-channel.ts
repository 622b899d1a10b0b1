import type { Frame } from "../../../codec/frame.ts";
import { FrameReader } from "../../../codec/frame-reader.ts";
import { UnsupportedError } from "../../../errors/errors.ts";
import { runtime } from "../../../runtime/current.ts";
import { Arrivals } from "../../../util/arrivals.ts";
import { holdEventLoop } from "../../../util/event-loop.ts";
import { setOrphanCheck } from "../../../util/orphan.ts";
import type { Backend } from "../../contract/backend.ts";
import type { ChildChannel, ChildSettings, ReportPort } from "../../contract/launcher.ts";
import type { Port } from "../../contract/port.ts";
import { isRef } from "../../contract/ref.ts";
import type { Hub } from "../hub/hub.ts";
import { REPORT_CHANNEL } from "../kinds.ts";
import { NAME } from "../location.ts";
import { WATCHER, type WatcherSettings } from "./parent-watcher.ts";

/** Takes over a child's stdin. From then on, this process ends with its parent, whatever its main thread does. */
export async function connectToParent(settings: ChildSettings, backend: Backend, hub: Hub): Promise<ChildChannel> {
  const channel = new PortableChildChannel(settings, backend);
  runtime.emptyStdin();
  // If this process has a folder of its own, no other process listens there. A folder without a listener looks as if its tree were dead,
  // and another program would remove it.
  if (settings.membership.ownsFolder) hub.listen();
  return channel;
}

class PortableChildChannel implements ChildChannel {
  readonly needsEventLoop = true;
  readonly #backend: Backend;
  readonly #address: string;
  readonly #reader = new FrameReader();
  readonly #frames = new Arrivals<Frame>();
  readonly #parentGone = Promise.withResolvers<void>();

  constructor({ membership, orphaned, detached }: ChildSettings, backend: Backend) {
    this.#backend = backend;
    this.#address = membership.address;
    if (!detached) watchParent();
    this.#watchStdin({ pid: process.pid, orphaned, detached });
  }

  get parentGone(): Promise<void> {
    return this.#parentGone.promise;
  }

  nextFrame(): Promise<Frame> {
    // Nothing else keeps the event loop alive while this process waits for its job.
    const letGo = holdEventLoop();
    return this.#frames.next().finally(letGo);
  }

  reporter(reportTo: unknown): ReportPort {
    if (!isRef(reportTo) || reportTo.backend !== NAME || reportTo.kind !== REPORT_CHANNEL.name)
      throw new UnsupportedError(`The parent gave the child at ${this.#address} no way to report.`);
    return this.#backend.attach(reportTo) as Port & ReportPort;
  }

  #end(detached: boolean): void {
    if (!detached) setOrphanCheck(() => true);
    this.#parentGone.resolve();
  }

  #watchStdin(workerData: WatcherSettings): void {
    // Loaded here and not at the top, because a process that has no parent to watch needs no threads.
    const { Worker } = process.getBuiltinModule("node:worker_threads");
    const worker = new Worker(WATCHER, { eval: true, workerData });
    worker.on("message", (chunk: Uint8Array | null) => {
      if (chunk === null) this.#end(workerData.detached);
      else this.#reader.push(chunk, (frame) => this.#frames.push(frame));
    });
    // This must come after the listener was added, because adding a listener makes the worker keep the event loop alive again.
    worker.unref();
  }
}

// Other systems than Unix do not give an orphan another parent. There only the end of stdin tells.
function watchParent(): void {
  const parent = process.ppid;
  setOrphanCheck(() => process.ppid !== parent);
}
