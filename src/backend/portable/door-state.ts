import { CorruptedError } from "../../errors.ts";
import { Op } from "../../wire/frame.ts";
import type { Listener, ReportKind } from "../backend.ts";
import type { Hosted, Request } from "./request.ts";

const KINDS: ReadonlySet<unknown> = new Set<ReportKind>(["started", "result", "error"]);

/** Where one child reports to its parent. */
export class DoorState implements Hosted {
  readonly #listen: Listener;

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

  arrive(): void {}

  depart(): void {}

  discard(): void {}
}
