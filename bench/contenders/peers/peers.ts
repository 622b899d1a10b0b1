// The pools of other packages, behind one interface. They have no `map`, so all tasks are given at once, and the program cuts the chunks.
import { fileURLToPath } from "node:url";
import type { MeasuredPool } from "../measure-pool.ts";
import type * as tasks from "../tasks.ts";

/** Runs a task in a worker. */
type Apply = (task: keyof typeof tasks, argument: unknown) => Promise<unknown>;
interface Peer {
  readonly apply: Apply;
  end(): Promise<unknown>;
}

/** As many chunks a worker as CPython's `Pool.map` makes. */
const CHUNKS_A_WORKER = 4;

/** The file of a module: the built one if this one is built. */
function file(name: string): string {
  return fileURLToPath(new URL(name + import.meta.url.slice(-3), import.meta.url));
}

/** Makes pools of a package. `sendsBytes` says that tasks have byte arrays, which need another serialization than JSON. */
export async function peer(name: string, workers: number, sendsBytes: boolean): Promise<() => MeasuredPool> {
  const make = packages[name];
  if (make === undefined) throw new Error(`There is no package ${name}.`);
  const start = await make(workers, sendsBytes ? "advanced" : undefined);
  return () => measured(start(), workers);
}

type Make = (workers: number, serialization: "advanced" | undefined) => Promise<() => Peer>;

const packages: Readonly<Record<string, Make>> = {
  piscina: async (workers) => {
    const { Piscina } = await import("piscina");
    return () => {
      const pool = new Piscina({ filename: file("../tasks"), minThreads: workers, maxThreads: workers });
      return { apply: (name, argument) => pool.run(argument, { name }), end: () => pool.destroy() };
    };
  },
  tinypool: async (workers, serialization) => {
    const { Tinypool } = await import("tinypool");
    const options = { filename: file("../tasks"), runtime: "child_process", minThreads: workers, maxThreads: workers } as const;
    return () => {
      const pool = new Tinypool({ ...options, serialization });
      return { apply: (name, argument) => pool.run(argument, { name }), end: () => pool.destroy() };
    };
  },
  workerpool: async (workers, serialization) => {
    const { default: workerpool } = await import("workerpool");
    const forkOpts = serialization === undefined ? {} : { serialization };
    return () => {
      const pool = workerpool.pool(file("workerpool"), { workerType: "process", minWorkers: workers, maxWorkers: workers, forkOpts });
      return { apply: async (name, argument) => pool.exec(name, [argument]), end: async () => pool.terminate() };
    };
  },
  "jest-worker": async (workers) => {
    const { Worker } = await import("jest-worker");
    return () => {
      const pool = new Worker(file("../tasks"), { numWorkers: workers, exposedMethods: ["addOne", "addOneToEach", "echo"] });
      const methods = pool as unknown as Record<string, (argument: unknown) => Promise<unknown>>;
      return { apply: async (name, argument) => methods[name]?.(argument), end: () => pool.end() };
    };
  },
  "poolifier-threads": async (workers) => {
    const { FixedThreadPool } = await import("poolifier");
    return () => {
      const pool = new FixedThreadPool(workers, file("poolifier-threads"));
      return { apply: (name, argument) => pool.execute(argument, name), end: () => pool.destroy() };
    };
  },
  "poolifier-cluster": async (workers, serialization) => {
    const { FixedClusterPool } = await import("poolifier");
    return () => {
      const pool = new FixedClusterPool(workers, file("poolifier-cluster"), { settings: { serialization } });
      return { apply: (name, argument) => pool.execute(argument, name), end: () => pool.destroy() };
    };
  },
};

function measured({ apply, end }: Peer, workers: number): MeasuredPool {
  const map = async (numbers: readonly number[]): Promise<number[]> => {
    const size = Math.ceil(numbers.length / (CHUNKS_A_WORKER * workers));
    const chunks: Promise<unknown>[] = [];
    for (let i = 0; i < numbers.length; i += size) chunks.push(apply("addOneToEach", numbers.slice(i, i + size)));
    return ((await Promise.all(chunks)) as number[][]).flat();
  };
  return {
    addOne: (x) => apply("addOne", x) as Promise<number>,
    echo: (bytes) => apply("echo", bytes) as Promise<Uint8Array>,
    mapSingly: (numbers) => Promise.all(numbers.map((x) => apply("addOne", x))) as Promise<number[]>,
    map,
    end,
  };
}
