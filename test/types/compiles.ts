// This file is compiled and never run. It shows what compiles, and the types that are inferred.
import { Lock, Pool, type PoolOptions, Process, type ProcessOptions, Queue, SharedValue } from "polyproc";
import { add, choose, configure, double, first, lines, mayConfigure, none, optional, sum } from "./targets.js";

const pool = new Pool();
const module = new URL("./work.js", import.meta.url);

// Process.
const process = new Process({ target: add, args: [1, 2] });
export const result: Promise<string> = process.result();
const configured = new Process({ target: configure, args: ["x"], kwargs: { verbose: true } });
new Process({ target: configure, args: ["x", { verbose: true }] });
new Process({ target: choose, args: ["a", [1, "x"]] });
new Process({ target: optional, args: [1] });
new Process({ target: none });
new Process({ target: sum });
new Process({ target: module, args: [1, "x"], kwargs: { any: "object" } });
new Process({ name: "no target" });
new Process<[number], number>({ target: double, args: [1] });
export class Upper extends Process {
  async run(): Promise<void> {}
}
new Upper({ args: [1] });

// Pool.
export const applied: Promise<string> = pool.apply(add, [1, 2] as const, { timeout: 10 });
export const configuredOnce: Promise<void> = pool.apply(configure, ["x"], { kwargs: { verbose: true } });
void pool.apply(mayConfigure, ["x"]);
void pool.apply(mayConfigure, ["x"], { kwargs: { verbose: true } });
void pool.apply(none);
void pool.apply(optional, [1]);
void pool.apply(sum, [1, 2, 3], { key: "k" });
export const named: Promise<number> = pool.apply<number>({ module, name: "work" }, [1], { kwargs: { any: "object" } });
export const doubled: Promise<number[]> = pool.map(double, new Set([1, 2]), { chunkSize: 2 });
export const settledDoubles: Promise<PromiseSettledResult<number>[]> = pool.map(double, [1], { settle: true });
void pool.map(optional, [1]);
void pool.map(configure, ["x"], { kwargs: { verbose: true } });
void pool.map<number>(module, [1], { kwargs: { any: "object" } });
export const pairs: (readonly [number, number])[] = [[1, 2]];
export const sums: Promise<string[]> = pool.starmap(add, pairs);
export const settled: Promise<PromiseSettledResult<string>[]> = pool.starmap(add, new Map([[1, 2]]), { settle: true });
void pool.starmap(configure, [["x"]], { kwargs: { verbose: true } });
export const lazily: AsyncGenerator<number, void, undefined> = pool.imap(double, [1, 2]);
export const values: AsyncGenerator<string, void, undefined> = pool.iterate(lines, ["path"]);

// A generic target is called with any arguments that fit. Its result is known if its type parameter is given.
export const unknown: Promise<unknown> = pool.apply(first, [[1, 2]]);
export const known: Promise<number> = pool.apply(first<number>, [[1, 2]]);

// Functions that are generic themselves pass a target and its arguments on.
export function start<Args extends unknown[], Result>(target: (...args: Args) => Result, ...args: Args): Promise<Result> {
  return new Process({ target, args }).result();
}
export function startWith<Args extends readonly unknown[], Result>(options: ProcessOptions<Args, Result>): Process<Args, Result> {
  return new Process<Args, Result>(options);
}
export function apply<Args extends readonly unknown[], Result>(target: (...args: Args) => Promise<Result>, args: Args): Promise<Result> {
  return pool.apply(target, args, { timeout: 1000 });
}
export function map<T, Result>(target: (element: T) => Result | PromiseLike<Result>, elements: Iterable<T>): Promise<Result[]> {
  return pool.map(target, elements, { timeout: 1000 });
}

// Queues. A queue of fewer items can be read as a queue of more.
const queue = new Queue<number>();
export const item: Promise<number> = queue.get();
export const many: Promise<number[]> = queue.getMany(10, { from: [process] });
void queue.putMany(new Set([1, 2]));
void queue.get({ from: new Set([process, configured]) });
export const wider: Queue<string> = new Queue<"a">();

// Options may be given as undefined, also with exactOptionalPropertyTypes.
export function all(timeout?: number, signal?: AbortSignal, block?: boolean): void {
  void queue.get({ timeout, signal, block });
  void queue.put(1, { timeout, signal, block });
  void new Lock().acquire({ timeout, signal, block });
  void process.join({ timeout, signal });
  void process.result({ timeout, signal });
  void pool.apply(add, [1, 2], { timeout, signal, block, taskTimeout: timeout, key: undefined });
  void pool.map(double, [1], { timeout, signal, chunkSize: timeout, settle: undefined });
  void pool.join({ timeout, signal });
  new Process({ target: add, args: [1, 2], signal });
}
export const value: SharedValue<"f64"> = new SharedValue("f64", 1);

// The initializer of a pool, and its arguments.
new Pool({ initializer: none });
new Pool({ initializer: add, initArgs: [1, 2], processes: 2 });
new Pool({ initializer: optional, initArgs: [1] });
new Pool({ initializer: sum });
new Pool({ initializer: sum, initArgs: [1, 2, 3] });
new Pool({ initializer: first, initArgs: [["a"]] });
new Pool({ initializer: choose, initArgs: ["a", [1, "x"]] });
const chosen = Math.random() > 0.5 ? { initializer: add, initArgs: [1, 2] as const } : {};
new Pool({ ...chosen, processes: 1 });
const given: number[] = [1];
new Pool({ initializer: sum, initArgs: given });
new Pool({ initArgs: [1] });
new Pool({ initializer: module, initArgs: [1, "x"] });
new Pool({ initializer: { module: "./targets.js", name: "add" }, initArgs: [1, 2] });
const settings: PoolOptions = { initializer: add, initArgs: [1, 2] };
new Pool(settings);
new Pool({ ...settings, processes: 3 });
export const annotated: Pool = new Pool({ initializer: add, initArgs: [1, 2] });
class Named extends Pool {
  constructor() {
    super({ initializer: add, initArgs: [1, 2] });
  }
}
export const pools: Pool[] = [pool, annotated, new Named(), new Pool({ initializer: none })];
export function make(options: PoolOptions): Pool {
  return new Pool({ ...options, name: "made" });
}
export function makeFor<A extends readonly unknown[]>(initializer: (...args: A) => void, initArgs: A): Pool {
  return new Pool({ initializer, initArgs });
}
