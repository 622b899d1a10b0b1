// Round trips a second over a plain Unix socket of node:net between two processes. Code without a native library can't be faster.
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rate, report, text } from "../measure.ts";
import { settings } from "../settings.ts";

const { echo, bytes, ms } = settings({ echo: "", bytes: 32, ms: 1000 });
if (echo !== "") {
  const { connect } = await import("node:net");
  const socket = connect(echo);
  socket.on("data", (chunk) => socket.write(chunk));
} else {
  const folder = mkdtempSync(join(tmpdir(), "bench-net-"));
  const path = join(folder, "socket");
  const server = createServer();
  const connected = new Promise<Socket>((resolve) => server.on("connection", resolve));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const child = fork(fileURLToPath(import.meta.url), [`--echo=${path}`]);
  const socket = await connected;
  const value = text(bytes);
  const pass = async (count: number): Promise<number> => {
    for (let i = 0; i < count; i++) {
      const back = new Promise((resolve) => socket.once("data", resolve));
      socket.write(value);
      await back;
    }
    return count;
  };
  report(await rate(pass, ms));
  child.kill();
  socket.destroy();
  server.close();
  rmSync(folder, { recursive: true });
}
