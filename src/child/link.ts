import type { DoorPort, Port, Ref } from "../backend/contract/backend.ts";
import { inheritLibrary } from "../backend/native/library/library.ts";
import { nativeBackend, portableBackend } from "../backend/registry.ts";
import type { Frame } from "../codec/frame.ts";
import { UnsupportedError } from "../errors/errors.ts";
import type { Boot } from "../launch/job.ts";
import { runtime } from "../runtime/current.ts";
import { holdEventLoop } from "../util/event-loop.ts";
import type { Channel } from "./channel.ts";

/** A child's connection to its parent, once its own arguments are read. */
export interface Link {
  /** The job of a spare. */
  nextJob(): Promise<Frame>;
  /** Where to report. */
  door(ref: Ref | undefined): DoorPort;
  /** Resolves when the parent is gone; only a detached child lives to see it. */
  readonly parentGone: Promise<void>;
}

/** Through plain runtime APIs: a helper thread reads the channel, and a line to the parent's hub takes the reports. */
export function portableLink(channel: Channel, boot: Boot): Link {
  channel.watch(boot);
  runtime.emptyStdin();
  const { address, ownsFolder } = boot.family;
  // A folder of its own is known to be in use by somebody listening there.
  if (ownsFolder) portableBackend().listen();
  return {
    nextJob: () => channel.next(),
    parentGone: channel.ended,
    door: (ref) => {
      if (ref === undefined) throw new UnsupportedError(`The parent gave the child at ${address} no way to report.`);
      return portableBackend().attach(ref) as Port & DoorPort;
    },
  };
}

/** Through the shim: its thread watches the channel, and frames go both ways on it. */
export function nativeLink({ library, orphaned, detached }: Boot): Link {
  if (library !== undefined) inheritLibrary(library);
  const parent = Promise.withResolvers<void>();
  const native = nativeBackend();
  const channel = native.takeChannel(orphaned, detached, parent.resolve);
  return {
    parentGone: parent.promise,
    door: () => channel,
    nextJob: () => {
      const letGo = holdEventLoop();
      return channel.job.finally(letGo);
    },
  };
}
