// Round trips a second over a plain node:net Unix socket between two processes: the limit of what needs no native code.
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rate, report, settings, text } from "../measure.ts";

if (process.argv[2] === "child") {
  const { connect } = await import("node:net");
  const socket = connect(process.argv[3] ?? "");
  socket.on("data", (chunk) => socket.write(chunk));
} else {
  const { bytes, ms } = settings({ bytes: 32, ms: 1000 });
  const folder = mkdtempSync(join(tmpdir(), "bench-net-"));
  const path = join(folder, "socket");
  const server = createServer();
  const connected = new Promise<Socket>((resolve) => server.on("connection", resolve));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const child = fork(fileURLToPath(import.meta.url), ["child", path]);
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
