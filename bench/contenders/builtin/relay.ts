// Items a second from one process through a second one to a third, over plain node:net Unix sockets and without a codec, where the one in
// the middle answers each put and each get: the limit of a queue that needs no native code.
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rate, report, settings } from "../measure.ts";

/** Of an item; requests and answers without one are a byte each. */
const SIZE = 32;

/** Calls `whole` with how many whole ones of `size` bytes came with each chunk. */
function counted(socket: Socket, size: number, whole: (count: number) => void): void {
  let left = 0;
  socket.on("data", (chunk) => {
    left += chunk.length;
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) whole(count);
  });
}

if (process.argv[2] === "child") {
  const { connect } = await import("node:net");
  const [, , , path = "", role, pending] = process.argv;
  const socket = connect(path);
  const size = role === "producer" ? SIZE : 1;
  const send = (count: number): void => void socket.write(new Uint8Array(count * size));
  counted(socket, role === "producer" ? 1 : SIZE, send);
  socket.write(role === "producer" ? "p" : "c");
  send(Number(pending));
} else {
  const { pending, ms } = settings({ pending: 1, ms: 1000 });
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
  const start = (role: string) => fork(fileURLToPath(import.meta.url), ["child", path, role, String(pending)]);
  const children = [start("producer"), start("consumer")];
  await connected;
  const [producer, consumer] = [sockets.get("p") as Socket, sockets.get("c") as Socket];
  let [items, gets, passed] = [0, 0, 0];
  let told = (): void => {};
  const match = (): void => {
    const count = Math.min(items, gets);
    if (count === 0) return;
    items -= count;
    gets -= count;
    passed += count;
    consumer.write(new Uint8Array(count * SIZE));
    told();
  };
  counted(producer, SIZE, (count) => {
    items += count;
    producer.write(new Uint8Array(count));
    match();
  });
  counted(consumer, 1, (count) => {
    gets += count;
    match();
  });
  const pass = async (count: number): Promise<number> => {
    const begun = passed;
    await new Promise<void>((resolve) => {
      told = () => {
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
