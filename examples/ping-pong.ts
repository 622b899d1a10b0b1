// Two processes pass a counter back and forth over a pipe.
import { type Connection, isMain, Pipe, Process } from "../mod.ts";

const ROUNDS = 10;

export async function pong(conn: Connection<number>): Promise<void> {
  for await (const n of conn) await conn.send(n + 1);
}

if (isMain(import.meta)) {
  const [mine, theirs] = Pipe<number>();
  const player = new Process({ target: pong, args: [theirs], transfer: [theirs] });
  await player.start();
  let n = 0;
  while (n < ROUNDS) {
    await mine.send(n + 1);
    n = await mine.recv();
    console.log(`ping ${n - 1}, pong ${n}`);
  }
  mine.close();
  console.log(`the other player ended with ${await player.join()}`);
}
