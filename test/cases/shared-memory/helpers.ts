// Named shared memory for these cases: its names, the files of /dev/shm behind them, and a check that none is left.
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { SharedMemory } from "../../../mod.ts";

/** Every name that these cases use. */
export const names: string[] = [];

export function fresh(): string {
  const name = `test-${process.pid}-${names.length}`;
  names.push(name);
  return name;
}

export function pathOf(name: string): string {
  return `/dev/shm/polyproc-${name}`;
}

export function make(size: number, name: string = fresh()): SharedMemory {
  return new SharedMemory({ create: true, size, name });
}

/** Whether it holds in time: for what another process does, or the garbage collector. */
export async function soon(holds: () => boolean): Promise<void> {
  for (const until = performance.now() + 5000; !holds(); await delay(10)) assert.ok(performance.now() < until, holds.toString());
}

export function extension(): string {
  return import.meta.url.endsWith(".ts") ? ".ts" : ".js";
}
