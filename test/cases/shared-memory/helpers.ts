// The names that these cases use for shared memory, and the files of /dev/shm behind them.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { SharedMemory } from "../../../mod.ts";
import { memoryName } from "../../suite/leaks.ts";

export const MIB: number = 2 ** 20;

/** Every name that this file of cases uses. */
export const names: string[] = [];

/** Gives a name that nothing else uses. */
export function freshName(): string {
  const name = `${memoryName("test")}-${names.length}`;
  names.push(name);
  return name;
}

/** The file behind a name. */
export function pathOf(name: string): string {
  return `/dev/shm/polyproc-${name}`;
}

export type NamedMemory = SharedMemory & { readonly name: string };

/** Makes memory with a name. */
export function make(size: number, name: string = freshName()): NamedMemory {
  return new SharedMemory({ create: true, size, name }) as NamedMemory;
}

/** The URL of a program of `test/programs/`, as TypeScript or as the built JavaScript. */
export function programUrl(name: string): URL {
  const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
  return new URL(`../../programs/${name}${extension}`, import.meta.url);
}

/** Asserts that the cases have used more than so many names, and that no file of them is left. */
export function expectNothingLeft(used: number): void {
  assert.ok(names.length > used, `${names.length} names`);
  assert.deepEqual(
    names.filter((name) => existsSync(pathOf(name))),
    [],
  );
}
