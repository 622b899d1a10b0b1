// A program without a guard. Each process that imports it starts two more, once it has waited for something.
import { Process } from "../../mod.ts";

// Enough to see that a chain of starts does not end by itself, and few enough to do no harm if nothing else ends it.
const DEEPEST = 5;

const depth = Number(process.env.UNGUARDED_DEPTH);
const { promise: called, resolve: calledNow } = Promise.withResolvers<void>();

export function double(n: number): number {
  calledNow();
  return 2 * n;
}

async function main(): Promise<void> {
  await called;
  for (let i = 0; i < 2; i++) {
    const target = { module: import.meta.url, name: "double" };
    try {
      await new Process({ target, args: [i], env: { UNGUARDED_DEPTH: String(depth + 1) } }).start();
      console.log("started");
    } catch (error) {
      console.log(String(error));
    }
  }
}

if (depth < DEEPEST) void main();
