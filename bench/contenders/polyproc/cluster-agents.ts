// A pool of a cluster, on simulated hosts with an agent each. Prints tasks a second: of tasks that take `wait` milliseconds and no core, or of empty
// ones. With --what=costs, prints what a task and an idle host cost the server. Needs the rights to make network namespaces.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { connectCluster } from "../../../mod.ts";
import { ROOT, startAgent } from "../agents.ts";
import { rate, report } from "../measure.ts";
import { startServer } from "../nats-server.ts";
import { settings } from "../settings.ts";
import { rest } from "../tasks.ts";

const SLOTS = 4;
const IDLE_MS = 20_000;
const WAITERS = 100;
const HOLDERS = 20;
const ITEMS = 50_000;
/** The kernel counts the time of processes in hundredths of a second. */
const TICK_US = 10_000;

const { what, agents, wait, ms } = settings({ what: "rate", agents: 1, wait: 0, ms: 1000 });
interface Hosts {
  readonly Network: {
    start(
      ...names: readonly string[]
    ): Promise<{ readonly hosts: readonly { address: string; command: readonly string[] }[]; stop(): void }>;
  };
}
const { Network } = (await import(pathToFileURL(resolve("test/cluster/hosts/network.ts")).href)) as Hosts;
const network = await Network.start(...Array.from({ length: agents }, (_, i) => `h${i}`));
// The first address is that of this machine.
const { url, server, ...nats } = await startServer(network.hosts[0]?.address.replace(/\d+$/, "1"));
await Promise.all(network.hosts.map(({ command }) => startAgent(url, SLOTS, command)));
const mp = await connectCluster({ servers: url, namespace: "bench", root: ROOT });
const pool = new mp.Pool({ processes: SLOTS * agents });
const pass = async (count: number): Promise<number> => (await pool.map(rest, Array<number>(count).fill(wait), { chunkSize: 1 })).length;
// Workers that still start would take the cores from those that work.
const workers = new Set<number>();
while (workers.size < SLOTS * agents)
  for (const pid of await pool.map(rest, Array<number>(SLOTS * agents).fill(100), { chunkSize: 1 })) workers.add(pid);

if (what === "rate") report(await rate(pass, ms));
else console.log(JSON.stringify(await costs()));
pool.terminate();
await pool.join();
await mp.close();
await nats[Symbol.asyncDispose]();
network.stop();
process.exit();

/** What the server has done: microseconds of its processor, messages and bytes that came and left. */
async function work(): Promise<Record<string, number>> {
  const [user = 0, system = 0] =
    readFileSync(`/proc/${server.pid}/stat`, "utf8").split(") ")[1]?.split(" ").slice(11, 13).map(Number) ?? [];
  const answer = await fetch(`http://${new URL(url).hostname}:${server.monitor}/varz`);
  const { in_msgs, out_msgs, in_bytes, out_bytes } = (await answer.json()) as Record<string, number>;
  return { cpu: (user + system) * TICK_US, in_msgs, out_msgs, in_bytes, out_bytes } as Record<string, number>;
}

/** What the server does meanwhile, divided by a number. */
async function during(run: () => Promise<unknown>, by: number): Promise<Record<string, number>> {
  const before = await work();
  await run();
  const after = await work();
  return Object.fromEntries(Object.entries(after).map(([name, value]) => [name, (value - (before[name] ?? 0)) / by]));
}

/** What an idle moment costs, a second, divided by the number of those who are idle. */
function idle(count: number): Promise<Record<string, number>> {
  return during(() => new Promise((end) => setTimeout(end, IDLE_MS)), (count * IDLE_MS) / 1000);
}

async function costs(): Promise<unknown> {
  const perSecond = await rate(pass, ms);
  const count = Math.ceil((perSecond * ms) / 1000);
  const few = Math.ceil(count / 20);
  const mapTask = await during(() => pass(count), count);
  const applyTask = await during(async () => {
    for (let i = 0; i < few; i++) await pool.apply(rest, [wait]);
  }, few);
  const idleWorker = await idle(SLOTS * agents);
  pool.terminate();
  await pool.join();
  const idleAgent = await idle(agents);
  const queues = Array.from({ length: WAITERS }, () => new mp.Queue<number>());
  const gets = queues.map((queue) => queue.get());
  const waitingGet = await idle(WAITERS);
  await Promise.all(queues.map((queue) => queue.put(1)));
  await Promise.all(gets);
  const queue = new mp.Queue<number>();
  const item = await during(async () => {
    await queue.putMany(Array<number>(ITEMS).fill(1));
    for (let left = ITEMS; left > 0; ) left -= (await queue.getMany(256)).length;
  }, ITEMS);
  const members = await Promise.all(Array.from({ length: HOLDERS }, (_, i) => connectCluster({ servers: url, namespace: `bench-${i}` })));
  await Promise.all(members.map((member) => new member.Lock().acquire()));
  const lockHolder = await idle(HOLDERS);
  await Promise.all(members.map((member) => member.close()));
  return { perSecond, mapTask, applyTask, item, idleWorker, idleAgent, waitingGet, lockHolder };
}
