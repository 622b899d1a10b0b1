import type { Output } from "../../../runtime/contract.ts";
import type { NativeThread } from "../core/native-thread.ts";
import { check } from "../library/result.ts";

const STDOUT = 1;
const STDERR = 2;

/** The descriptors of one child: its stdin, stdout and stderr, and this process's ends of them. */
export class ChildDescriptors {
  /** This process's end of the channel. */
  readonly channel: number;
  /** This process's ends of the outputs that are piped. */
  readonly stdout: number | undefined;
  readonly stderr: number | undefined;
  /** The descriptors that become the child's stdin, stdout and stderr. -1 is the null device. */
  readonly childFds: readonly [number, number, number];
  readonly #thread: NativeThread;
  readonly #opened = new Set<number>();

  /** Throws `ProcessError` if the system has no descriptors left. */
  constructor(thread: NativeThread, stdout: Output, stderr: Output) {
    this.#thread = thread;
    try {
      const [channel, childChannel] = this.#makePair(true);
      const [out, childOut] = this.#makeOutput(stdout, STDOUT);
      const [err, childErr] = this.#makeOutput(stderr, STDERR);
      this.channel = channel;
      this.stdout = out;
      this.stderr = err;
      this.childFds = [childChannel, childOut, childErr];
    } catch (error) {
      this.closeAll();
      throw error;
    }
  }

  /** Closes this process's copies of the child's ends, once the child has them. */
  closeChildEnds(): void {
    for (const fd of this.childFds) if (this.#opened.delete(fd)) this.#thread.inbox.shim.pp_close(fd);
  }

  /** Closes all that is still open here, if the start failed. */
  closeAll(): void {
    for (const fd of this.#opened) this.#thread.inbox.shim.pp_close(fd);
  }

  #makePair(duplex: boolean): [number, number] {
    const fds = new Int32Array(2);
    check(this.#thread.inbox.shim.pp_socketpair(fds, duplex ? 1 : 0), "The process could not be started");
    const [first = -1, second = -1] = fds;
    this.#opened.add(first).add(second);
    return [first, second];
  }

  #makeOutput(output: Output, own: number): [number | undefined, number] {
    if (output === "pipe") return this.#makePair(false);
    return [undefined, output === "inherit" ? own : -1];
  }
}
