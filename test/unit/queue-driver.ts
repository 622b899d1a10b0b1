import type { Delivery, Responder, StoredMessage, Withdraw } from "../../src/backend/portable/hub/request.ts";
import { QueueState } from "../../src/backend/portable/objects/queue.ts";
import { joinMessages, splitMessages } from "../../src/codec/message-list.ts";
import { Op } from "../../src/codec/op.ts";
import { asKept } from "../../src/util/bytes.ts";

/** How a request was answered. */
export type Outcome =
  | { readonly kind: "reply"; readonly value: unknown }
  | { readonly kind: "item"; readonly item: number; readonly delivery: Delivery; readonly order: unknown }
  | { readonly kind: "list"; readonly list: number[]; readonly isCut: unknown; readonly delivery: Delivery }
  | { readonly kind: "fail"; readonly error: Error }
  | { readonly kind: "declined" };

/** Drives a queue's state machine: no process, no time. */
export class Driver {
  readonly state: QueueState;
  constructor(maxsize: number, redeliver = false) {
    this.state = new QueueState({ maxsize, redeliver });
  }

  request(
    op: number,
    participant: object,
    { once = false, item, list, meta }: { once?: boolean; item?: number; list?: readonly number[]; meta?: unknown } = {},
  ): { outcomes: Outcome[]; withdraw: Withdraw | undefined } {
    const outcomes: Outcome[] = [];
    const responder: Responder = {
      reply: (value) => void outcomes.push({ kind: "reply", value }),
      deliver: ({ bytes }, delivery, value) => {
        if (delivery === undefined) throw new Error("A queue must hear what becomes of its items.");
        // Only a list comes with a boolean.
        if (typeof value !== "boolean") outcomes.push({ kind: "item", item: bytes[0] ?? -1, delivery, order: value });
        else outcomes.push({ kind: "list", list: splitMessages(bytes).map(([first = -1]) => first), isCut: value, delivery });
      },
      fail: (error) => void outcomes.push({ kind: "fail", error }),
      decline: () => void outcomes.push({ kind: "declined" }),
    };
    const bytes = item === undefined ? list && joinMessages(list.map((each) => Uint8Array.of(each))) : Uint8Array.of(item);
    const message: StoredMessage | undefined = bytes && { bytes: asKept(bytes), refs: [], objectsHeld: undefined, release: () => {} };
    const withdraw = this.state.handle({ op, participant, once, meta, message, responder });
    return { outcomes, withdraw };
  }

  stats(): { size: number; puts: number; gets: number; lost: number; redelivered: number } {
    const [outcome] = this.request(Op.stats, {}).outcomes;
    return (outcome as { value: ReturnType<Driver["stats"]> }).value;
  }
}
