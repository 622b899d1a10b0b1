import { Op } from "../../../codec/frame.ts";
import { CorruptedError } from "../../../errors/errors.ts";
import type { Listener, ReportKind } from "../../contract/backend.ts";
import type { Holder, Hosted, Request } from "../hub/request.ts";

const KINDS: ReadonlySet<unknown> = new Set<ReportKind>(["started", "result", "error"]);

/** Where one child reports to its parent. */
export class DoorState implements Hosted {
  readonly #listen: Listener;
  readonly #visitors = new Set<Holder>();
  readonly #leaving: (() => void)[] = [];

  constructor(listen: Listener) {
    this.#listen = listen;
  }

  handle({ op, meta, message, answer }: Request): undefined {
    if (op !== Op.report || message === undefined || !KINDS.has(meta)) {
      message?.release();
      answer.fail(new CorruptedError("A child reported what no child of ours reports."));
      return;
    }
    const done = (): void => {
      message.release();
      answer.reply();
    };
    Promise.resolve(this.#listen(meta as ReportKind, message)).then(done, done);
  }

  /** Resolves when nobody but the parent is at the door. */
  closed(): Promise<void> {
    return this.#visitors.size <= 1 ? Promise.resolve() : new Promise((resolve) => this.#leaving.push(resolve));
  }

  arrive(who: Holder): void {
    this.#visitors.add(who);
  }

  depart(who: Holder): void {
    this.#visitors.delete(who);
    if (this.#visitors.size <= 1) for (const resolve of this.#leaving.splice(0)) resolve();
  }

  discard(): void {}
}
