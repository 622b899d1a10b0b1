import type { Socket } from "node:net";
import type { Random } from "../../../tools/random.ts";

const LONGEST_PIECE = 200;
const LONGEST_WAIT_MS = 3;

/** Writes the bytes in pieces, and then ends the connection: after the last byte, or at any time. */
export function sendInPieces(random: Random, socket: Socket, bytes: Uint8Array): void {
  for (let from = 0; from < bytes.length; ) {
    const to = random.once(2) ? bytes.length : from + 1 + random.int(LONGEST_PIECE);
    socket.write(bytes.slice(from, to));
    from = to;
  }
  if (random.once(2)) socket.end();
  else setTimeout(() => socket.destroy(), random.int(LONGEST_WAIT_MS));
}
