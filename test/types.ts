// This file is compiled and never run. It shows the types that are inferred from a target, and what must not compile.
import { Pool, Process, Queue } from "../mod.ts";

declare function add(a: number, b: number): Promise<string>;
declare function configure(name: string, options: { verbose: boolean }): void;

const process = new Process({ target: add, args: [1, 2] });
export const result: Promise<string> = process.result();

// @ts-expect-error a string is no number
new Process({ target: add, args: [1, "2"] });
// @ts-expect-error an argument too few
new Process({ target: add, args: [1] });
// @ts-expect-error the result is a string
export const wrong: Promise<number> = process.result();

new Process({ target: configure, args: ["x"], kwargs: { verbose: true } });

// @ts-expect-error verbose is a boolean
new Process({ target: configure, args: ["x"], kwargs: { verbose: 1 } });

const queue = new Queue<number>();
// @ts-expect-error the queue holds numbers
void queue.put("text");
export const item: Promise<number> = queue.get();
export const many: Promise<number[]> = queue.getMany(10, { from: [process] });
void queue.putMany(new Set([1, 2]));
// @ts-expect-error the queue holds numbers
void queue.putMany(["text"]);
const configured = new Process({ target: configure, args: ["x"], kwargs: { verbose: true } });
void queue.get({ from: new Set([process, configured]) });
// @ts-expect-error a list of processes, and not one
void queue.get({ from: process });

const pool = new Pool();
export const applied: Promise<string> = pool.apply(add, [1, 2]);
export const configuredOnce: Promise<void> = pool.apply(configure, ["x"], { kwargs: { verbose: true } });
declare const pairs: (readonly [number, number])[];
export const sums: Promise<string[]> = pool.starmap(add, pairs);
export const settled: Promise<PromiseSettledResult<string>[]> = pool.starmap(add, new Map([[1, 2]]), { settle: true });
// @ts-expect-error a string is no number
void pool.starmap(add, [["1", 2]]);
// @ts-expect-error an argument too few
void pool.starmap(add, [[1]]);
