import type { Frame } from "../../../codec/frame.ts";
import { FrameReader } from "../../../codec/frame-reader.ts";
import { encodeFrame } from "../../../codec/frame-writer.ts";
import { Op } from "../../../codec/op.ts";
import { Arrivals } from "../../../util/arrivals.ts";
import { holdEventLoop } from "../../../util/event-loop.ts";
import { setOrphanCheck } from "../../../util/orphan.ts";
import type { ChildChannel, ChildSettings, ReportKind, ReportPort } from "../../contract/launcher.ts";
import type { Message } from "../../contract/message.ts";
import type { NativeThread } from "../core/native-thread.ts";
import { Stream } from "../core/stream.ts";
import { check, text } from "../library/result.ts";

/** Takes over the channel, which is the child's stdin. From then on, stdin is empty, and a thread of the library watches the parent. */
export function takeChannel(thread: NativeThread, { orphaned, detached }: ChildSettings): NativeChildChannel {
  const { inbox } = thread;
  const fd = check(inbox.shim.pp_take_stdin(), "The channel to the parent can't be taken over");
  const parent = Promise.withResolvers<void>();
  const id = inbox.add(() => parent.resolve());
  const status = inbox.shim.pp_watch_parent(inbox.id, id, fd, text(...orphaned, ""), detached ? 1 : 0);
  check(status, "The parent can't be watched");
  if (!detached) setOrphanCheck(() => inbox.shim.pp_parent_gone() === 1);
  return new NativeChildChannel(thread, fd, parent.promise);
}

/** The child's side of its channel: frames come in, reports go out. */
export class NativeChildChannel implements ChildChannel, ReportPort {
  readonly parentGone: Promise<void>;
  // `report` writes to the socket at once if the socket has room, so a report does not need the event loop.
  readonly needsEventLoop = false;
  readonly #thread: NativeThread;
  readonly #stream: Stream;
  readonly #reader = new FrameReader();
  /** Functions by the number of a report. Each is called when the parent has handled its report. */
  readonly #waiting = new Map<number, () => void>();
  // Frames may come before `nextFrame` is called, because a spare child imports modules first.
  readonly #frames = new Arrivals<Frame>();
  #next = 1;
  #ended = false;

  constructor(thread: NativeThread, fd: number, parentGone: Promise<void>) {
    this.#thread = thread;
    this.parentGone = parentGone;
    this.#stream = new Stream(thread, fd, {
      data: (chunk) => this.#reader.push(chunk, (frame) => this.#hear(frame)),
      end: () => this.#end(),
    });
  }

  nextFrame(): Promise<Frame> {
    // Nothing else keeps the event loop alive while this process waits for its job.
    const letGo = holdEventLoop();
    return this.#frames.next().finally(letGo);
  }

  reporter(): ReportPort {
    return this;
  }

  report(kind: ReportKind, message: Message): Promise<void> {
    if (this.#ended) return Promise.resolve();
    const id = this.#next++;
    const letGo = holdEventLoop();
    const dealtWith = new Promise<void>((resolve) => this.#waiting.set(id, resolve)).finally(letGo);
    for (const piece of encodeFrame({ op: Op.report, id, object: 0, meta: kind, message })) void this.#stream.write(piece);
    this.#thread.unsent.add(dealtWith);
    void dealtWith.then(() => this.#thread.unsent.delete(dealtWith));
    return dealtWith;
  }

  #hear(frame: Frame): void {
    if (frame.op !== Op.reply) this.#frames.push(frame);
    this.#waiting.get(frame.id)?.();
    this.#waiting.delete(frame.id);
  }

  #end(): void {
    this.#ended = true;
    for (const resolve of this.#waiting.values()) resolve();
    this.#waiting.clear();
  }
}
