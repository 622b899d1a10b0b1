// Checks that a file of cases leaves nothing behind. The runner on each runtime uses it, and so do the tests that start the runner.
import { readdirSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Connection, capabilities, getContext, type Queue } from "../../mod.ts";
import * as processes from "../../tools/processes.ts";

export { TAG } from "../../tools/processes.ts";

/** How long what is on its way to its end may take. */
const SETTLED_WITHIN = 3000;

/** Processes with this tag in their environment, as "pid command". */
export function taggedProcesses(tag: string): string[] {
  return processes.taggedProcesses(tag).map((pid) => `${pid} ${processes.commandOf(pid)}`);
}

/** Children of this process that have ended and were not reaped. */
export function zombies(parent: number): string[] {
  return processes.allProcesses().flatMap((pid) => {
    const stat = processes.statOf(pid);
    return stat?.state === "Z" && stat.parent === parent ? [`zombie ${pid} ${stat.name}`] : [];
  });
}

/** Begins a name of shared memory that nothing else on this machine uses. Such a name has the tag of the test in it. */
export function memoryName(what: string): string {
  return `${what}-${process.env[processes.TAG] ?? ""}-${process.pid}`;
}

/** The shared memory whose name has this tag in it. */
export function sharedMemory(tag: string): string[] {
  return readdirSync("/dev/shm").filter((name) => name.includes(tag));
}

/** Unix sockets that are bound below this folder, their files there or not, and any of ours without a file. */
export function unixSockets(folder: string): string[] {
  return processes.boundUnixSockets().filter((path) => path.startsWith(`${folder}/`) || /^@.*polyproc/.test(path));
}

/** How many descriptors of each kind this process has open. */
export function descriptors(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const file of processes.openFiles().values()) {
    const kind = file.replace(/:\[\d+\]$/, "");
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

// Bun's threads open and close these by themselves; and its collector takes whatever looks like one for a reference to an object.
const isBun = "Bun" in globalThis;
const COMES_AND_GOES = /^anon_inode:\[(eventpoll|eventfd|timerfd)\]$/;
const LOOKS_ALIVE = /^(socket|\/memfd:polyproc.*)$/;
const MOST_ALIVE = 4;

/** Returns the things of which there are more than before. */
export function added(before: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): string[] {
  return [...now].flatMap(([kind, count]) => {
    const more = count - (before.get(kind) ?? 0);
    if (isBun && (COMES_AND_GOES.test(kind) || (LOOKS_ALIVE.test(kind) && more <= MOST_ALIVE))) return [];
    return more > 0 ? [`${more} × ${kind}`] : [];
  });
}

/** Returns the things that are still there after everything had time to end. */
export async function settled(find: () => readonly string[], limit: number = SETTLED_WITHIN): Promise<readonly string[]> {
  const until = performance.now() + limit;
  for (;;) {
    const found = find();
    if (found.length === 0 || performance.now() > until) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Lets go of objects that nothing refers to any more. */
export function collectGarbage(): void {
  const bun = (globalThis as { Bun?: { gc(force: boolean): void } }).Bun;
  if (bun !== undefined) {
    bun.gc(true);
    return;
  }
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}

/** A child that uses what all of a process's children and objects share, and hosts an object of its own. */
export async function use(queue: Queue<string>, end: Connection): Promise<void> {
  await queue.put(String(await end.recv()));
  const own = new (getContext("spawn", { backend: "portable" }).Queue)<string>();
  await end.send(own);
  await end.recv();
  own.close();
}

/** Opens what a process opens once and keeps, on each backend: from then on, descriptors are comparable. */
export async function warmUp(): Promise<void> {
  // Some runtimes open it when it is first asked for.
  process.stdout.write("\n");
  const { backend: chosen } = capabilities();
  // A cluster has no pipes, and its children are those of another backend.
  for (const backend of new Set([chosen.startsWith("cluster:") ? "auto" : chosen, "portable"] as const)) {
    const { Pipe, Process, Queue } = getContext("spawn", { backend });
    const queue = new Queue<string>();
    const [ours, theirs] = Pipe();
    const child = new Process({ target: use, args: [queue, theirs], transfer: [theirs] });
    await child.start();
    await ours.send("to the child");
    await queue.get();
    const theirOwn = (await ours.recv()) as Queue<string>;
    await theirOwn.put("to the child");
    theirOwn.close();
    await ours.send("the end");
    await child.join();
    ours.close();
    queue.close();
    child.close();
  }
  // And what they need for signals, a moment later.
  const heard = (): void => {};
  process.on("SIGHUP", heard);
  process.off("SIGHUP", heard);
  await new Promise((resolve) => setTimeout(resolve, 200));
}
