import type { Frame } from "../../../codec/frame.ts";
import { FrameReader } from "../../../codec/frame-reader.ts";
import { encodeFrame } from "../../../codec/frame-writer.ts";
import { Op } from "../../../codec/op.ts";
import type { Exit } from "../../../runtime/contract.ts";
import { type BlockingChannel, type ParentChannel, REPORT_KINDS, type ReportKind, type ReportListener } from "../../contract/launcher.ts";
import type { Message } from "../../contract/message.ts";
import { Fetching } from "../core/fetching.ts";
import type { Handles } from "../core/handles.ts";
import { NATIVE } from "../core/location.ts";
import { Stream } from "../core/stream.ts";

/** The parent's side of a child's channel, a socket: frames go out, reports come in. */
export class NativeParentChannel implements ParentChannel, BlockingChannel {
  readonly #handles: Handles;
  readonly #stream: Stream;
  readonly #reader = new FrameReader();
  readonly #ended = Promise.withResolvers<void>();
  #listener: ReportListener | undefined;
  #isEnded = false;
  #exit: Exit | undefined;

  constructor(handles: Handles, fd: number) {
    this.#handles = handles;
    this.#stream = new Stream(handles.thread, fd, { data: (chunk) => this.#read(chunk), end: () => this.release() });
  }

  get blocking(): BlockingChannel {
    return this;
  }

  /** Records how the child ended. */
  childEnded(exit: Exit): void {
    this.#exit = exit;
  }

  write(bytes: Uint8Array): void {
    void this.#stream.write(bytes);
  }

  // The child reports on the channel itself, so it needs no further data.
  listen(listener: ReportListener): undefined {
    this.#listener = listener;
  }

  // The sweep frees the locks, items and permits that the dead child had, before the program learns that the child has ended.
  closed(): Promise<void> {
    return this.#ended.promise.then(() => this.#handles.sweep());
  }

  release(): void {
    this.#stream.close();
    this.#isEnded = true;
    this.#ended.resolve();
  }

  exitSync(): Exit | undefined {
    return this.#isEnded ? this.#exit : undefined;
  }

  pumpSync(ms: number): void {
    this.#handles.thread.inbox.pumpSync(ms);
  }

  #read(chunk: Uint8Array): void {
    try {
      this.#reader.push(chunk, (frame) => this.#hear(frame));
    } catch {
      // The bytes do not follow the protocol. This process stops listening to the child. The child ends when its channel closes.
      this.release();
    }
  }

  #hear({ op, id, meta, message }: Frame): void {
    if (op !== Op.report || message === undefined || !REPORT_KINDS.has(meta)) return this.release();
    const fetching = Fetching.begin(this.#handles.thread, message.refs);
    if (fetching === undefined || fetching.look(0)) this.#pass(id, meta as ReportKind, message, fetching);
    else fetching.whenReady(() => this.#pass(id, meta as ReportKind, message, fetching));
  }

  // Native objects have been fetched at this point, even if this thread blocks. Objects of other backends need the event loop.
  #pass(id: number, kind: ReportKind, message: Message, fetching: Fetching | undefined): void {
    const done = (): void => {
      fetching?.end();
      for (const piece of encodeFrame({ op: Op.reply, id, object: 0 })) this.write(piece);
    };
    const heard = this.#listener?.(kind, message);
    if (message.refs.every(({ backend }) => backend === NATIVE)) done();
    else Promise.resolve(heard).then(done, done);
  }
}
