import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type NatsConnection } from "@nats-io/transport-node";

export interface Server extends AsyncDisposable {
  readonly url: string;
  readonly connection: NatsConnection;
}

/** Starts the NATS server that POLYPROC_NATS names, with a store of its own, and connects to it. */
export async function startServer(): Promise<Server> {
  const store = mkdtempSync(join(tmpdir(), "pp-bench-nats-"));
  const port = await freePort();
  const child = spawn(process.env.POLYPROC_NATS ?? "", ["-a", "127.0.0.1", "-p", String(port), "-js", "-sd", store], { stdio: "ignore" });
  const url = `nats://127.0.0.1:${port}`;
  const connection = await connect({ servers: url, waitOnFirstConnect: true, maxReconnectAttempts: 100, reconnectTimeWait: 50 });
  const stop = async (): Promise<void> => {
    await connection.close();
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill();
    await ended;
    rmSync(store, { recursive: true, force: true });
  };
  return { url, connection, [Symbol.asyncDispose]: stop };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { readonly port: number };
      server.close(() => resolve(port));
    });
  });
}
