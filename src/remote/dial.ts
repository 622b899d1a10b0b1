import type { Socket } from "node:net";
import { StateError } from "../errors/errors.ts";
import { now, sleep } from "../util/clock.ts";
import { net } from "../util/lazy-modules.ts";
import { isOutOfFiles, noFileLeft } from "../util/out-of-files.ts";
import { type Address, resolveAddress, type SocketAddress, textOf } from "./address.ts";
import { reasonOf } from "./reason.ts";

// A listener with many callers at once refuses some of them for a moment. They try again after this number of milliseconds.
const RETRY = 20;
// The retries end after this number of milliseconds, because a refusal can also mean that no process listens.
const REFUSED_LIMIT = 500;

/** Connects to an address. Rejects if no process listens there, or with the signal's reason. */
export async function dial(address: Address, signal: AbortSignal): Promise<Socket> {
  const resolved = await resolveAddress(address);
  const start = now();
  for (;;) {
    signal.throwIfAborted();
    try {
      return await connect(resolved, signal);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const isBusy = code === "EAGAIN" || (code === "ECONNREFUSED" && "path" in resolved && now() - start < REFUSED_LIMIT);
      if (!isBusy) throw error;
      await sleep(RETRY);
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
    const fail = (error: unknown): void => {
      signal.removeEventListener("abort", abort);
      reject(reasonOf(error));
    };
    socket.once("connect", () => {
      signal.removeEventListener("abort", abort);
      socket.off("error", fail);
      resolve(socket);
    });
    socket.once("error", fail);
    signal.addEventListener("abort", abort, { once: true });
  });
}

/** Makes the caller's error for a `dial` that failed. */
export function cantConnect(address: Address, cause: unknown): Error {
  const text = textOf(address);
  const { code, message } = cause as NodeJS.ErrnoException;
  if (isOutOfFiles(cause)) return new StateError(`Can't connect to ${text}: ${noFileLeft}`, { cause });
  if (code === "ECONNREFUSED" || code === "ENOENT")
    return new StateError(`Nobody listens at ${text}: start the listener first, or check the address.`, { cause });
  return new StateError(`Can't connect to ${text}: ${message}.`, { cause });
}
