import type { ParentMark } from "../pool/marks.ts";
import { type LimitAt, Say, sayingValue } from "./protocol.ts";

/**
 * The mark of a worker on another host, whose own mark is there. As long as the host has not told otherwise, all tasks that were sent may have
 * begun.
 */
export class RemoteMark implements ParentMark {
  readonly #send: (message: Uint8Array) => void;
  #sent = 0;
  #begun: number | undefined;
  // The limit that was asked for, its id, and the first task that the worker has not begun, once that is known.
  #from: number | undefined;
  #id = 0;
  #kept: number | undefined;

  constructor(send: (message: Uint8Array) => void) {
    this.#send = send;
  }

  /** Tasks up to this one were sent. */
  sent(task: number): void {
    this.#sent = Math.max(this.#sent, task);
  }

  /** The host tells which task the worker has begun as its last one. */
  ended(begun: number): void {
    this.#begun = Math.min(begun, this.#sent);
  }

  /** The host tells from which task on the worker will begin none. */
  limited({ id, task }: LimitAt): void {
    if (id === this.#id) this.#kept = task;
  }

  begun(): number {
    return this.#begun ?? this.#sent;
  }

  limit(from: number): number {
    if (this.#from !== from) {
      this.#from = from;
      this.#kept = undefined;
      this.#send(sayingValue(Say.limit, { id: ++this.#id, task: from } satisfies LimitAt));
    }
    return Math.max(from, Math.min(this.#kept ?? Number.POSITIVE_INFINITY, this.#sent + 1));
  }

  unlimit(): void {
    this.#from = undefined;
    this.#kept = undefined;
    this.#id++;
    this.#send(sayingValue(Say.unlimit, null));
  }

  close(): void {}
}
