// Items a second from one process through a second one to a third, over plain Unix sockets of node:net and without a codec. The process in
// the middle acknowledges each put and each get. A queue without a native library can't be faster.
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rate, report } from "../measure.ts";
import { settings } from "../settings.ts";

/** The bytes of an item. Requests and replies without an item have one byte. */
const SIZE = 32;

/** Calls `received` with the number of messages of `size` bytes that each chunk completes. */
function countMessages(socket: Socket, size: number, received: (count: number) => void): void {
  let left = 0;
  socket.on("data", (chunk) => {
    left += chunk.length;
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) received(count);
  });
}

const { role, path: address, pending, ms } = settings({ role: "relay", path: "", pending: 1, ms: 1000 });
if (role !== "relay") {
  const { connect } = await import("node:net");
  const socket = connect(address);
  const size = role === "producer" ? SIZE : 1;
  const send = (count: number): void => void socket.write(new Uint8Array(count * size));
  countMessages(socket, role === "producer" ? 1 : SIZE, send);
  socket.write(role === "producer" ? "p" : "c");
  send(pending);
} else {
  const folder = mkdtempSync(join(tmpdir(), "bench-relay-"));
  const path = join(folder, "socket");
  const server = createServer();
  const sockets = new Map<string, Socket>();
  const connected = new Promise<void>((resolve) =>
    server.on("connection", (socket) => {
      socket.once("data", (chunk) => {
        const text = chunk.toString("latin1");
        sockets.set(text[0] ?? "", socket);
        socket.unshift(Buffer.from(text.slice(1), "latin1"));
        socket.pause();
        if (sockets.size === 2) resolve();
      });
    }),
  );
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const start = (childRole: string) =>
    fork(fileURLToPath(import.meta.url), [`--role=${childRole}`, `--path=${path}`, `--pending=${pending}`]);
  const children = [start("producer"), start("consumer")];
  await connected;
  const [producer, consumer] = [sockets.get("p") as Socket, sockets.get("c") as Socket];
  let [items, gets, passed] = [0, 0, 0];
  let notify = (): void => {};
  const match = (): void => {
    const count = Math.min(items, gets);
    if (count === 0) return;
    items -= count;
    gets -= count;
    passed += count;
    consumer.write(new Uint8Array(count * SIZE));
    notify();
  };
  countMessages(producer, SIZE, (count) => {
    items += count;
    producer.write(new Uint8Array(count));
    match();
  });
  countMessages(consumer, 1, (count) => {
    gets += count;
    match();
  });
  const pass = async (count: number): Promise<number> => {
    const begun = passed;
    await new Promise<void>((resolve) => {
      notify = () => {
        if (passed - begun >= count) resolve();
      };
    });
    return passed - begun;
  };
  producer.resume();
  consumer.resume();
  report(await rate(pass, ms));
  for (const child of children) child.kill();
  for (const socket of sockets.values()) socket.destroy();
  server.close();
  rmSync(folder, { recursive: true });
  process.exit();
}
