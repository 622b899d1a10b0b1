import { Op } from "../../../codec/op.ts";
import { CorruptedError } from "../../../errors/errors.ts";
import { REPORT_KINDS, type ReportKind, type ReportListener } from "../../contract/launcher.ts";
import type { HubObject, ParticipantId, Request } from "../hub/request.ts";

/** The channel on which one child reports to its parent, in the parent's hub. */
export class ReportChannelState implements HubObject {
  readonly #listener: ReportListener;
  // The parent and the child.
  readonly #participants = new Set<ParticipantId>();
  readonly #closing: (() => void)[] = [];

  constructor(listener: ReportListener) {
    this.#listener = listener;
  }

  handle({ op, meta, message, responder }: Request): undefined {
    if (op !== Op.report || message === undefined || !REPORT_KINDS.has(meta)) {
      message?.release();
      responder.fail(new CorruptedError("A child sent something other than a report to its parent."));
      return;
    }
    const done = (): void => {
      message.release();
      responder.reply();
    };
    Promise.resolve(this.#listener(meta as ReportKind, message)).then(done, done);
  }

  /** Resolves when only the parent is attached. */
  closed(): Promise<void> {
    return this.#participants.size <= 1 ? Promise.resolve() : new Promise((resolve) => this.#closing.push(resolve));
  }

  attached(participant: ParticipantId): void {
    this.#participants.add(participant);
  }

  detached(participant: ParticipantId): void {
    this.#participants.delete(participant);
    if (this.#participants.size <= 1) for (const resolve of this.#closing.splice(0)) resolve();
  }
}
