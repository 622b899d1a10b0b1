import type { IncomingCall, ManagedSettings } from "../../backend/contract/managed.ts";
import type { Incoming } from "../../backend/contract/message.ts";
import { unseal } from "../../codec/envelope.ts";
import { CorruptedError } from "../../errors/errors.ts";
import { acceptPart } from "../../objects/delivery.ts";
import { copyOf } from "../../util/bytes.ts";
import { packError, packResult, Special } from "../outcome.ts";
import type { Servant } from "./servant.ts";
import { noteCall } from "./told.ts";

// The callers of which a call is not opened yet, because the shared objects inside it have to come first. Their later calls wait for that.
const opening = new WeakMap<object, Promise<void>>();

/** Lets a servant carry out the calls of a managed object. The calls of one process begin in their order. */
export function serve(servant: Servant): ManagedSettings {
  return {
    call: (call) => {
      const before = opening.get(call.caller);
      const kept = before === undefined ? call : { ...call, incoming: keep(call.incoming) };
      const opened = before === undefined ? open(servant, call) : before.then(() => open(servant, kept));
      if (opened !== undefined) noteOpening(call.caller, opened);
    },
    discard: () => servant.discard?.(),
  };
}

function noteOpening(caller: object, opened: Promise<void>): void {
  opening.set(caller, opened);
  void opened.then(() => {
    if (opening.get(caller) === opened) opening.delete(caller);
  });
}

function open(servant: Servant, { incoming, reply }: IncomingCall): Promise<void> | undefined {
  try {
    const value = valueIn(incoming);
    if (!(value instanceof Promise)) return carryOut(servant, value, reply);
    return value.then(
      (arrived) => carryOut(servant, arrived, reply),
      (error: unknown) => reply(packError(error)),
    );
  } catch (error) {
    reply(packError(error));
    return undefined;
  }
}

function valueIn(incoming: Incoming): unknown {
  const { message } = incoming;
  const { bytes, refs } = message.refs.length > 0 ? message : unseal(message.bytes);
  return acceptPart(incoming, { bytes, refs });
}

function carryOut(servant: Servant, value: unknown, reply: IncomingCall["reply"]): undefined {
  try {
    if (!Array.isArray(value) || typeof value.at(-1) !== "string")
      throw new CorruptedError("A call names no method: its sender is no polyproc process of this version.");
    const method = value.pop() as string;
    noteCall();
    const result = servant.call(method, value);
    if (isThenable(result))
      Promise.resolve(result).then(
        (settled) => answer(settled, reply),
        (error: unknown) => reply(packError(error)),
      );
    else answer(result, reply);
  } catch (error) {
    reply(packError(error));
  }
}

function answer(result: unknown, reply: IncomingCall["reply"]): void {
  try {
    reply(packResult(result));
  } catch (error) {
    reply(packError(error));
  } finally {
    if (result instanceof Special) result.packed();
  }
}

function isThenable(result: unknown): boolean {
  return typeof result === "object" && result !== null && typeof (result as { readonly then?: unknown }).then === "function";
}

function keep(incoming: Incoming): Incoming {
  const { message, lent, settle } = incoming;
  return lent ? { message: { bytes: copyOf(message.bytes), refs: message.refs }, lent: false, settle } : incoming;
}
