import { repeat } from "../util/clock.ts";
import { net } from "../util/lazy-modules.ts";

/** The interval in milliseconds at which a socket is checked that the event loop can't watch. */
const LOOK_EVERY = 10;

/** Calls `look` every 10 ms, for a socket that the event loop can't watch. Bytes are noticed later than by a watch, but never missed. */
export function lookRepeatedly(look: () => void): void {
  repeat(look, LOOK_EVERY);
}

/** Calls `data` whenever bytes come on this descriptor. It uses a socket of `node:net`, and does not keep the event loop alive. */
export function watchWithNetSocket(fd: number, data: () => void): void {
  try {
    const socket = new (net().Socket)({ fd, readable: true, writable: false });
    socket.on("data", data);
    socket.on("error", () => lookRepeatedly(data));
    socket.unref();
  } catch {
    lookRepeatedly(data);
  }
}
