// Processes that the agents of a cluster run.
import { randomUUID } from "node:crypto";
import { appendFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { connect } from "@nats-io/transport-node";
import { afterAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { activeChildren, type Cluster, type Process, wait } from "../../mod.ts";
import { Program } from "../suite/program.ts";
import { RUNTIMES } from "../suite/runtimes.ts";
import { agent, connected, fileName, LEASE, linesOf, ROOT, task } from "./agents.ts";
import { NatsServer } from "./servers/server.ts";

const server = await NatsServer.start();
afterAll(() => server.stop());

/** A silent process counts as dead after the lease, and a third of it more at most; the rest is for a slow machine. */
const SILENCE = 4 * LEASE + 5000;

type Options = NonNullable<ConstructorParameters<Cluster["Process"]>[0]>;

/** A process that runs a target of programs/tasks.ts, and ends with its test. */
function processOf(mp: Cluster, name: string, args: readonly unknown[] = [], options: Partial<Options> = {}): Process {
  const made = new mp.Process({ target: task(name), args, ...options } as never) as Process;
  onTestFinished(() => made[Symbol.asyncDispose]());
  return made;
}

async function gone(pid: number): Promise<void> {
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow("ESRCH"), { timeout: SILENCE, interval: 20 });
}

describe.each(RUNTIMES)("an agent on %s", (runtime) => {
  it("runs a process, and its program learns the result, the error and the exit code", async () => {
    const mp = await connected(server);
    const host = await agent(runtime, server, mp);
    const square = processOf(mp, "square", [7]);
    await square.start();
    expect(square.pid).toBeGreaterThan(0);
    expect(await square.result()).toBe(49);
    expect(await square.join()).toBe(0);
    const large = new Uint8Array(3_000_000).map((_, i) => i % 251);
    const same = processOf(mp, "same", [large]);
    await same.start();
    expect(Buffer.compare((await same.result()) as Uint8Array, large)).toBe(0);
    const failing = processOf(mp, "fail", ["on purpose"], { name: "Failing" });
    await failing.start();
    const remote = { pid: failing.pid, name: "Failing", runtime };
    await expect(failing.result()).rejects.toMatchObject({ constructor: RangeError, message: "on purpose", remote });
    expect(await failing.join()).toBe(1);
    const ending = processOf(mp, "end", [7]);
    await ending.start();
    await expect(ending.result()).rejects.toMatchObject({ code: "ERR_POLYPROC_PROCESS_DIED", exitCode: 7, pid: ending.pid });
    expect(ending.exitCode).toBe(7);
    expect(host.stderr).toContain("Process Failing:");
  });

  it("ends a process by the signals that its program sends, and tells which one ended it", async () => {
    const mp = await connected(server);
    await agent(runtime, server, mp);
    const file = fileName();
    const waiting = processOf(mp, "wait", [file, `${file}-never`]);
    await waiting.start();
    await linesOf(file, 1);
    expect(waiting.isAlive()).toBe(true);
    expect(activeChildren()).toContain(waiting);
    expect(await waiting.join({ timeout: 10 })).toBeNull();
    waiting.terminate();
    expect(await waiting.join()).toBe(-15);
    const spinning = processOf(mp, "spin");
    await spinning.start();
    spinning.kill();
    expect(await wait([spinning.sentinel], { timeout: 10_000 })).toEqual([spinning.sentinel]);
    expect(spinning.exitCode).toBe(-9);
    await expect(spinning.result()).rejects.toMatchObject({ signal: "SIGKILL" });
  });

  it("is killed: the process counts as ended, and ends", async () => {
    const mp = await connected(server);
    const host = await agent(runtime, server, mp);
    const file = fileName();
    const lost = processOf(mp, "wait", [file, `${file}-never`]);
    await lost.start();
    await linesOf(file, 1);
    const start = performance.now();
    host.child.kill("SIGKILL");
    await expect(lost.result()).rejects.toMatchObject({
      code: "ERR_POLYPROC_PROCESS_DIED",
      exitCode: 255,
      message: expect.stringMatching(/no connection to the agent on .*silent/),
    });
    expect(performance.now() - start).toBeLessThan(SILENCE);
    await gone(lost.pid as number);
  });
});

it.each(RUNTIMES)("a program on %s that has nothing more to do waits for its processes, and asks its daemons to end", async (runtime) => {
  const mp = await connected(server);
  await agent("node", server, mp);
  const file = fileName();
  const program = new Program(runtime, fileURLToPath(new URL("programs/ends.ts", import.meta.url)), {
    args: [server.url, mp.namespace, String(LEASE), ROOT, file],
  });
  expect(await program.closed, program.stderr).toBe(0);
  const lines = await linesOf(file, 3);
  expect(lines.some((line) => line.startsWith('"done" '))).toBe(true);
  expect(lines.at(-1)).toBe("cleaned up");
  await gone(Number(lines.find((line) => /^\d+$/.test(line))));
});

it("a process ends when its program is killed, and may clean up before", async () => {
  const mp = await connected(server);
  await agent("node", server, mp);
  const file = fileName();
  const program = new Program("node", fileURLToPath(new URL("programs/starts.ts", import.meta.url)), {
    args: [server.url, mp.namespace, String(LEASE), ROOT, file],
  });
  const [pid] = await linesOf(file, 1);
  program.child.kill("SIGKILL");
  const lines = await linesOf(file, 2);
  expect(lines[1]).toBe("cleaned up");
  await gone(Number(pid));
});

it("an agent that is told to end lets its processes end, and takes no more", async () => {
  const mp = await connected(server);
  const first = await agent("node", server, mp);
  const [file, until] = [fileName(), fileName()];
  const running = processOf(mp, "wait", [file, until]);
  await running.start();
  await linesOf(file, 1);
  first.child.kill("SIGTERM");
  await vi.waitFor(() => expect(first.stdout).toContain("ends"), { timeout: 10_000 });
  const next = processOf(mp, "square", [3]);
  const starting = next.start();
  appendFileSync(until, "go\n");
  expect(await running.result()).toBe(running.pid);
  expect(await first.closed, first.stderr).toBe(0);
  await agent("node", server, mp);
  await starting;
  expect(await next.result()).toBe(9);
});

describe("start()", () => {
  it("waits for a slot of the right group, and no longer than its signal says", async () => {
    const mp = await connected(server);
    await agent("node", server, mp, { slots: "1" });
    const [file, until] = [fileName(), fileName()];
    const first = processOf(mp, "wait", [file, until]);
    await first.start();
    const second = processOf(mp, "square", [2]);
    const starting = second.start();
    const stop = new AbortController();
    const third = processOf(mp, "square", [3], { signal: stop.signal });
    const aborted = expect(third.start()).rejects.toThrow("enough");
    stop.abort(new Error("enough"));
    await aborted;
    const fourth = processOf(mp, "square", [4], { group: "other" });
    const killed = expect(fourth.start()).rejects.toThrow("was killed before");
    fourth.kill();
    await killed;
    appendFileSync(until, "go\n");
    await starting;
    expect(await second.result()).toBe(4);
    await agent("node", server, mp, { group: "other" });
    await fourth.start();
    expect(await fourth.result()).toBe(16);
  });

  it("tries another agent if the first one dies before it has started the process", async () => {
    const mp = await connected(server, { version: "early" });
    const first = new Program("node", fileURLToPath(new URL("programs/dies-early.ts", import.meta.url)), {
      args: [server.url, mp.namespace, String(LEASE), "early"],
    });
    await vi.waitFor(() => expect(first.stdout, first.stderr).toContain("listens"), { timeout: 20_000 });
    const square = processOf(mp, "square", [5]);
    const starting = square.start();
    await vi.waitFor(() => expect(first.stdout, first.stderr).toContain("took"), { timeout: 20_000 });
    first.child.kill("SIGKILL");
    await agent("node", server, mp, { "app-version": "early" });
    await starting;
    expect(await square.result()).toBe(25);
  });

  it("rejects for a target that agents do not run, and for what can't travel", async () => {
    const mp = await connected(server);
    await agent("node", server, mp, { allow: "test/cluster/programs/t*.ts" });
    const module = (path: string): URL => new URL(path, `file://${ROOT}`);
    const started = (target: unknown, args: readonly unknown[] = []): Promise<void> => new mp.Process({ target, args } as never).start();
    const refused = { code: "ERR_POLYPROC_UNSUPPORTED", message: expect.stringContaining("--allow") };
    await expect(started({ module: module("test/cluster/programs/maps.ts"), name: "default" })).rejects.toMatchObject(refused);
    await expect(started({ module: "node:fs", name: "rmSync" })).rejects.toThrow("folder of the program");
    await expect(started(task("same"), [new mp.Queue()])).rejects.toThrow(/can't be passed to the processes of a cluster/);
    await expect(started(task("same"), [() => 1])).rejects.toMatchObject({ code: "ERR_POLYPROC_SERIALIZATION" });
    expect(() => new mp.Process({ env: { A: "1" } })).toThrow(/can't set env/);
    expect(() => new mp.Process({ detached: true })).toThrow(/detached/);
    const queue = processOf(mp, "localQueue");
    await queue.start();
    await expect(queue.result()).rejects.toThrow(/return its contents/);
    expect(await queue.join()).toBe(0);
    const missing = processOf(mp, "isNotThere");
    await expect(missing.start().then(() => missing.result())).rejects.toThrow(/isNotThere/);
  });

  it("rejects when the connection is closed, and then processes end", async () => {
    const mp = await connected(server);
    const waiting = expect(processOf(mp, "square", [1]).start()).rejects.toMatchObject({ code: "ERR_POLYPROC_CLOSED" });
    const other = await connected(server, { namespace: `t-${randomUUID()}` });
    await agent("node", server, other);
    const file = fileName();
    const running = processOf(other, "wait", [file, `${file}-never`]);
    await running.start();
    await linesOf(file, 1);
    await mp.close();
    await waiting;
    await other.close();
    expect(await running.join()).toBe(255);
    await gone(running.pid as number);
    await expect(new other.Process({ target: task("square"), args: [1] } as never).start()).rejects.toThrow(/connectCluster/);
    expect(() => new other.Pool()).toThrow(/connectCluster/);
  });

  it("rejects when the connection is closed while the target is found", async () => {
    const mp = await connected(server);
    const starting = [1, 2].map((n) => processOf(mp, "square", [n]).start());
    const refused = starting.map((each) => expect(each).rejects.toMatchObject({ code: "ERR_POLYPROC_CLOSED" }));
    await mp.close();
    await Promise.all(refused);
  });

  it("asks again when a stranger answers with what is no offer", async () => {
    const mp = await connected(server);
    await using stranger = await connect({ servers: server.url });
    const asked = stranger.subscribe(`mp.${mp.namespace}.start.>`);
    const stop = new AbortController();
    const refused = expect(processOf(mp, "square", [1], { signal: stop.signal }).start()).rejects.toThrow("enough");
    let times = 0;
    for await (const message of asked) {
      message.respond("garbage");
      if (++times === 2) break;
    }
    stop.abort(new Error("enough"));
    await refused;
  });
});
