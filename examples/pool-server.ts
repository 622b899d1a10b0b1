// A server that computes in a Pool, so that it answers others meanwhile. If a client goes away, its task is given up.
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { currentTask, isMain, Pool } from "../mod.ts";

/** The target: counts the primes below a number. It looks now and then whether anybody still wants to know. */
export async function countPrimes(below: number): Promise<number> {
  await currentTask()?.report("begun");
  let count = 0;
  for (let n = 2; n < below; n++) {
    if (n % 10_000 === 0) {
      await pause(1);
      currentTask()?.signal.throwIfAborted();
    }
    if (isPrime(n)) count++;
  }
  return count;
}

function isPrime(n: number): boolean {
  for (let divisor = 2; divisor * divisor <= n; divisor++) if (n % divisor === 0) return false;
  return true;
}

/** Makes a server whose address `/N` answers with the number of primes below N. `onBegun` is called when a task begins. */
function serve(pool: Pool, onBegun: (below: number) => void): Server {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const below = Number(request.url?.slice(1));
    const gone = new AbortController();
    response.on("close", () => gone.abort(new Error("the client has gone away")));
    try {
      const count = await pool.apply(countPrimes, [below], { signal: gone.signal, onReport: () => onBegun(below) });
      response.end(`${count} primes below ${below}`);
    } catch (error) {
      console.log(`primes below ${below}: ${(error as Error).message}`);
      response.destroy();
    }
  };
  return createServer((request, response) => void answer(request, response));
}

/** Asks a server, and returns its answer. */
async function ask(port: number, below: number): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}/${below}`)).text();
}

if (isMain(import.meta)) {
  const pool = new Pool({ processes: 2 });
  const began = Promise.withResolvers<void>();
  const server = serve(pool, (below) => {
    if (below === 1e9) began.resolve();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = server.address() as AddressInfo;
    console.log(await ask(port, 10_000));
    const impatient = get(`http://127.0.0.1:${port}/1000000000`);
    impatient.on("error", () => {}); // It is told that its own connection is gone.
    await began.promise;
    impatient.destroy();
    console.log(await ask(port, 100_000));
    while (pool.stats().running > 0) await pool.apply(countPrimes, [10]);
    console.log(`${pool.stats().cancelled} task was given up`);
  } finally {
    pool.terminate();
    await pool.join();
    server.close();
  }
}
