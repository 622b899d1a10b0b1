import { createServer } from "node:net";

/**
 * A server that restarts needs its port again. So ports lie below those that systems give to clients, which could take one meanwhile: a client
 * that tries to reconnect could even connect to itself. Each process begins elsewhere, so that two don't choose the same one.
 */
const FIRST = 12_000;
let next = (process.pid % 200) * 100;

/** A port on loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + next;
    next = (next + 1) % 20_000;
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
      .once("error", () => resolve(false))
      .listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
