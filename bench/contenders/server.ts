import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A server that runs, with a store of its own. */
export interface Server extends AsyncDisposable {
  readonly port: number;
  /** Where a server of NATS tells what it has done. */
  readonly monitor: number;
  readonly pid: number;
}

/** Starts a server of NATS, or of Redis: the one that POLYPROC_NATS or POLYPROC_REDIS names. Both store in files. Neither is ready at once. */
export async function startServer(kind: "NATS" | "REDIS", address = "127.0.0.1"): Promise<Server> {
  const store = mkdtempSync(join(tmpdir(), "pp-bench-"));
  const [port, monitor] = [await freePort(), await freePort()];
  const args =
    kind === "NATS"
      ? ["-a", address, "-p", port, "-m", monitor, "-js", "-sd", store]
      : ["--bind", address, "--port", port, "--dir", store, "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""];
  const child = spawn(process.env[`POLYPROC_${kind}`] ?? "", args.map(String), { stdio: "ignore" });
  const stop = async (): Promise<void> => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill();
    await ended;
    rmSync(store, { recursive: true, force: true });
  };
  return { port, monitor, pid: child.pid ?? 0, [Symbol.asyncDispose]: stop };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { readonly port: number };
      server.close(() => resolve(port));
    });
  });
}
