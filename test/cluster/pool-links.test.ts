// Pools whose agents' links are cut in the middle of tasks, and healed.
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { RUNTIMES } from "../suite/runtimes.ts";
import { agent, connected, fileName, LEASE, linesOf, poolOf, type TestPool, task } from "./agents.ts";
import { Network, networkFault } from "./hosts/network.ts";
import { NatsServer } from "./servers/server.ts";

const fault = await networkFault();
beforeEach(({ skip }) => skip(fault !== undefined, fault));

const TASKS = 120;
const numbers: readonly number[] = Array.from({ length: TASKS }, (_, i) => i);

interface Running {
  readonly network: Network;
  /** The file in which the tasks note that they run. */
  readonly file: string;
  readonly pool: TestPool;
  readonly results: Promise<readonly unknown[]>;
}

/** The number of times that each task ran. */
async function runs(file: string): Promise<readonly number[]> {
  const counts = numbers.map(() => 0);
  for (const line of await linesOf(file)) {
    const n = Number(line.split(" ")[0]);
    counts[n] = (counts[n] ?? 0) + 1;
  }
  return counts;
}

/** The processes that have run tasks. */
async function workersIn(file: string): Promise<ReadonlySet<string | undefined>> {
  return new Set((await linesOf(file)).map((line) => line.split(" ")[1]));
}

/** A pool with two workers on the host "far", in the middle of its tasks. */
async function started(runtime: string, lease: number): Promise<Running> {
  const network = await Network.start("server", "far");
  onTestFinished(() => network.stop());
  const server = await NatsServer.start({ host: network.host("server") });
  onTestFinished(() => server.stop());
  const mp = await connected(server, { lease });
  await agent(runtime, server, mp, { lease: String(lease) }, network.host("far"));
  const file = fileName();
  const pool = poolOf(mp, { processes: 2 });
  const results = pool.starmap(task("noted"), numbers.map((n) => [file, n, 30]) as never, { retries: 1, chunkSize: 1 });
  await linesOf(file, 20);
  return { network, file, pool, results };
}

it.each([...RUNTIMES.map((runtime) => [runtime, "far"] as const), ["node", "server"] as const])(
  "an agent on %s, and the host %s is cut off for longer than the lease: each task has one result, and the agent works again",
  async (runtime, name) => {
    const { network, file, pool, results } = await started(runtime, LEASE);
    network.host(name).cut();
    await vi.waitFor(() => expect(pool.stats().died).toBe(2), { timeout: LEASE + 10_000 });
    const before = await workersIn(file);
    await network.host(name).heal();
    expect(await results).toEqual(numbers);
    const counts = await runs(file);
    expect(Math.min(...counts)).toBe(1);
    expect(counts.filter((count) => count > 1).length).toBeLessThanOrEqual(2);
    expect(pool.stats()).toMatchObject({ done: TASKS, failed: 0, died: 2 });
    expect([...(await workersIn(file))].filter((pid) => !before.has(pid)).length).toBe(2);
  },
);

it.each(RUNTIMES)(
  "a host with an agent on %s is cut off for less than the lease: nothing is lost, and nothing runs twice",
  async (runtime) => {
    const { network, file, pool, results } = await started(runtime, 15 * LEASE);
    network.host("far").cut();
    // The length of the cut is what is tried.
    await sleep(LEASE);
    await network.host("far").heal();
    expect(await results).toEqual(numbers);
    expect(await runs(file)).toEqual(numbers.map(() => 1));
    expect(pool.stats()).toMatchObject({ done: TASKS, failed: 0, died: 0, retried: 0 });
    expect((await workersIn(file)).size).toBe(2);
  },
);
