// The agent as the first process of a container, which has number 1: signals without a handler do not reach it, and orphans become its children.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { RUNTIMES } from "../suite/runtimes.ts";
import { agent, connected, fileName, linesOf, poolOf, task } from "./agents.ts";
import { NatsServer } from "./servers/server.ts";

const CONTAINER = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child=KILL"];
const tried = spawnSync(CONTAINER[0] as string, [...CONTAINER.slice(1), "true"], { encoding: "utf8" });
const fault = tried.status === 0 ? undefined : `no process can have number 1 here: ${tried.error?.message ?? tried.stderr.trim()}`;

let server: NatsServer;
beforeEach(({ skip }) => skip(fault !== undefined, fault));
beforeAll(async () => {
  server = await NatsServer.start();
});
afterAll(() => server.stop());

interface Child {
  readonly pid: number;
  readonly state: string;
}

function childrenOf(parent: number): Child[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "utf8");
        const [state = "", ppid] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        return Number(ppid) === parent ? [{ pid: Number(name), state }] : [];
      } catch {
        // It has ended meanwhile.
        return [];
      }
    });
}

it.each(RUNTIMES)("completes its tasks after SIGTERM, and no dead worker stays, on %s", async (runtime) => {
  const mp = await connected(server);
  const container = await agent(runtime, server, mp, {}, { command: CONTAINER });
  expect(container.stdout).toContain("(pid 1)");
  const [{ pid: first } = { pid: 0 }] = childrenOf(container.child.pid as number);
  const pool = poolOf(mp, { processes: 2 });
  await expect(pool.apply(task("end"), [1])).rejects.toMatchObject({ code: "ERR_POLYPROC_WORKER_DIED" });
  await expect.poll(() => childrenOf(first).filter(({ state }) => state === "Z"), { timeout: 10_000 }).toEqual([]);
  const file = fileName();
  const running = pool.apply(task("noted"), [file, "done", 1000]);
  await linesOf(file, 1);
  process.kill(first, "SIGTERM");
  expect(await running).toBe("done");
  expect(await container.ended).toBe(0);
});
