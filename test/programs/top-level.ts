// Starts its own exports while its top level is still running, from several kinds of call sites.
import { Process } from "../../mod.ts";

export async function double(n: number): Promise<number> {
  return n * 2;
}

export class Doubler extends Process {
  n: number;
  constructor(n: number) {
    super();
    this.n = n;
  }
  override async run(): Promise<number> {
    return this.n * 2;
  }
}

async function result(process: Process<never, unknown>): Promise<unknown> {
  await process.start();
  const value = await process.result();
  await process.join();
  return value;
}

const make = (n: number): Process<[number], number> => new Process({ target: double, args: [n] });

if (import.meta.main ?? process.argv[1]?.endsWith("top-level.ts")) {
  const inCallback = await Promise.all([3].map((n) => result(make(n) as never)));
  console.log(
    JSON.stringify([
      await result(new Process({ target: double, args: [1] }) as never),
      await result(new Doubler(2) as never),
      ...inCallback,
    ]),
  );
}
