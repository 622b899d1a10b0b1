import type { Socket } from "node:net";
import { StateError } from "../errors/errors.ts";
import { net } from "../util/lazy-modules.ts";
import { type Address, resolveAddress, type SocketAddress, textOf } from "./address.ts";

// A listener with many callers at once refuses some for a moment. They try again after so many milliseconds,
const RETRY = 20;
// and for so many milliseconds, because a refusal can also mean that nobody listens.
const REFUSED_LIMIT = 500;

/** Connects. Rejects if nobody listens there, or with the signal's reason. */
export async function dial(address: Address, signal: AbortSignal): Promise<Socket> {
  const resolved = await resolveAddress(address);
  const start = performance.now();
  for (;;) {
    signal.throwIfAborted();
    try {
      return await connect(resolved, signal);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const isBusy = code === "EAGAIN" || (code === "ECONNREFUSED" && "path" in resolved && performance.now() - start < REFUSED_LIMIT);
      if (!isBusy) throw error;
      await process.getBuiltinModule("node:timers/promises").setTimeout(RETRY);
    }
  }
}

function connect(address: SocketAddress, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = net().connect(address);
    const abort = (): void => {
      socket.destroy();
      reject(signal.reason);
    };
    socket.once("connect", () => {
      signal.removeEventListener("abort", abort);
      socket.off("error", reject);
      resolve(socket);
    });
    socket.once("error", (error) => {
      signal.removeEventListener("abort", abort);
      reject(error);
    });
    signal.addEventListener("abort", abort, { once: true });
  });
}

/** The error for the caller when `dial` failed. */
export function cantConnect(address: Address, cause: unknown): Error {
  const text = textOf(address);
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === "ECONNREFUSED" || code === "ENOENT")
    return new StateError(`Nobody listens at ${text}: start the listener first, or check the address.`, { cause });
  return new StateError(`Can't connect to ${text}: ${message}.`, { cause });
}
