// Targets of the pools of a cluster.
import { appendFileSync, existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { tested } from "../../suite/code.ts";

export function square(x: number): number {
  return x * x;
}

export function same(value: unknown): unknown {
  return value;
}

export function fail(text: string): never {
  throw new RangeError(text);
}

export function end(code: number): never {
  process.stderr.write("last words\n");
  process.exit(code);
}

/** Ends its worker as long as there is no such file. Then it returns what it was given. */
export function endUnless(file: string, ...others: readonly unknown[]): readonly unknown[] {
  if (!existsSync(file)) process.exit(3);
  return [...others, initialized];
}

export function* countOnce(file: string, to: number): Generator<number> {
  if (!existsSync(file)) process.exit(3);
  yield* count(to);
}

export function spin(): never {
  for (;;);
}

export function* count(to: number): Generator<number> {
  for (let i = 0; i < to; i++) yield i;
}

export function whoAmI(): number {
  return process.pid;
}

/** Notes in a file that it ran, and returns its argument after some milliseconds. */
export async function noted(file: string, value: unknown, ms: number): Promise<unknown> {
  appendFileSync(file, `${JSON.stringify(value)} ${process.pid}\n`);
  await sleep(ms);
  return value;
}

/** Notes that it runs, and returns once the file `until` is there. */
export async function wait(file: string, until: string): Promise<number> {
  appendFileSync(file, `${process.pid}\n`);
  while (!existsSync(until)) await sleep(20);
  return process.pid;
}

let initialized = "";

export function initialize(text: string): void {
  initialized = text;
}

export function initializedWith(): string {
  return initialized;
}

/** Notes that it runs, and that it cleans up when it is asked to end. */
export async function cleanUp(file: string): Promise<void> {
  process.on("SIGTERM", () => {
    appendFileSync(file, "cleaned up\n");
    process.exit(0);
  });
  appendFileSync(file, `${process.pid}\n`);
  await sleep(600_000);
}

/** Returns an object of this host. */
export async function localQueue(): Promise<unknown> {
  const { Queue } = (await import(tested.module("mod").href)) as typeof import("../../../mod.ts");
  return new Queue();
}
