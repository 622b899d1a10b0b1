// Plain Unix sockets of node:net between a process and one or several others, which echo whole messages, all at the same time: round trips a
// second, microseconds of one, or MiB a second with both ways counted. Code without a native library can't be faster.
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rate, report } from "../measure.ts";
import { settings } from "../settings.ts";

const { echo, what, bytes, peers, ms } = settings({ echo: "", what: "rate", bytes: 32, peers: 1, ms: 1000 });

/** Calls `received` with each message. All messages have the same number of bytes, and the next one comes after the reply to this one. */
function onMessage(socket: Socket, received: (message: Uint8Array) => void): void {
  let [chunks, size]: [Uint8Array[], number] = [[], 0];
  socket.on("data", (chunk: Uint8Array) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size < bytes) return;
    const message = chunks.length === 1 ? chunk : Buffer.concat(chunks, size);
    [chunks, size] = [[], 0];
    received(message);
  });
}

if (echo !== "") {
  const { connect } = await import("node:net");
  const socket = connect(echo);
  onMessage(socket, (message) => void socket.write(message));
} else {
  const folder = mkdtempSync(join(tmpdir(), "bench-net-"));
  const path = join(folder, "socket");
  const server = createServer();
  const sockets: Socket[] = [];
  const connected = new Promise<void>((resolve) =>
    server.on("connection", (socket) => {
      if (sockets.push(socket) === peers) resolve();
    }),
  );
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const children = Array.from({ length: peers }, () => fork(fileURLToPath(import.meta.url), [`--echo=${path}`, `--bytes=${bytes}`]));
  await connected;
  const value = Buffer.alloc(bytes, "x");
  const exchanges = sockets.map((socket) => {
    let resolve = (_: Uint8Array): void => {};
    onMessage(socket, (message) => resolve(message));
    return async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        const back = new Promise((done) => {
          resolve = done;
        });
        socket.write(value);
        await back;
      }
    };
  });
  const pass = async (count: number): Promise<number> => {
    const share = Math.ceil(count / peers);
    await Promise.all(exchanges.map((exchange) => exchange(share)));
    return share * peers;
  };
  const trips = await rate(pass, ms, bytes > 100_000 ? 1 : 64);
  const shown: Record<string, number> = { rate: trips, trip: 1e6 / trips, bytes: (2 * bytes * trips) / 2 ** 20 };
  report(shown[what] ?? Number.NaN);
  for (const child of children) child.kill();
  for (const socket of sockets) socket.destroy();
  server.close();
  rmSync(folder, { recursive: true });
}
