// A root and a child on each runtime, which write many lines to one standard output, each in the ways that its runtime has.
import { writeSync } from "node:fs";
import { isMain, Process } from "../../mod.ts";

const LINES = 1500;

export async function talk(name: string): Promise<void> {
  for (let i = 0; i < LINES; i++) {
    const line = `${name} ${i} ${"x".repeat(200)}`;
    if (i % 3 === 0) console.log(line);
    else if (i % 3 === 1) process.stdout.write(`${line}\n`);
    else await new Promise<void>((resolve) => process.stdout.write(`${line}\n`, () => resolve()));
    if (i % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

async function main(): Promise<void> {
  const children = (["node", "deno", "bun"] as const).map((runtime) => new Process({ target: talk, args: [runtime], runtime }));
  for (const child of children) await child.start();
  await talk("root");
  for (const child of children) await child.result();
  writeSync(2, "all ended well\n");
}

if (isMain(import.meta)) await main();
