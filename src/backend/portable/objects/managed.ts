import { Op } from "../../../codec/op.ts";
import { CorruptedError } from "../../../errors/errors.ts";
import { keepForAWhile } from "../../../util/bytes.ts";
import type { ManagedSettings } from "../../contract/managed.ts";
import type { HubObject, Request, Withdraw } from "../hub/request.ts";

/** A managed object, in its hub. */
export class ManagedState implements HubObject {
  readonly #settings: ManagedSettings;

  constructor(settings: ManagedSettings) {
    this.#settings = settings;
  }

  handle({ op, message, participant, responder }: Request): Withdraw | undefined {
    if (op !== Op.invoke || message === undefined) {
      message?.release();
      responder.fail(new CorruptedError(`A managed object has no operation ${op}.`));
      return undefined;
    }
    let isOver = false;
    this.#settings.call({
      incoming: { message, lent: false, settle: () => message.release() },
      caller: participant,
      reply: (reply) => {
        const notArrived = (): void => reply.release(false);
        if (isOver) return notArrived();
        const { bytes, refs } = reply;
        // Without shared objects inside there is nothing to release, and the client does not say that it has the reply.
        const delivery = refs.length === 0 ? undefined : { settle: () => reply.release(true), giveBack: notArrived, lose: notArrived };
        responder.deliver({ bytes: keepForAWhile(bytes), refs }, delivery);
        isOver = true;
      },
    });
    // A call that was given up is carried out all the same, but nobody gets the reply.
    return () => {
      const isWithdrawn = !isOver;
      isOver = true;
      return isWithdrawn;
    };
  }

  discard(): void {
    this.#settings.discard();
  }
}
