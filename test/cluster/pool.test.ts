// Pools whose workers the agents of a cluster run.
import { appendFileSync } from "node:fs";
import { afterAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { checkClusterOptions } from "../../src/api/cluster-options.ts";
import { openCluster } from "../../src/backend/registry.ts";
import { RUNTIMES } from "../suite/runtimes.ts";
import { agent, connected, fileName, LEASE, linesOf, poolOf, ROOT, task } from "./agents.ts";
import { NatsServer } from "./servers/server.ts";

const server = await NatsServer.start();
afterAll(() => server.stop());

const NUMBERS: readonly number[] = Array.from({ length: 300 }, (_, i) => i);

describe.each(RUNTIMES)("an agent on %s", (runtime) => {
  it("runs the calls of a pool as a pool of one machine does", async () => {
    const mp = await connected(server);
    await agent(runtime, server, mp);
    const pool = poolOf(mp, { initializer: task("initialize"), initArgs: ["ready"] });
    expect(await pool.apply(task("initializedWith"))).toBe("ready");
    expect(await pool.map(task("square"), NUMBERS)).toEqual(NUMBERS.map((n) => n * n));
    const unordered: unknown[] = [];
    for await (const n of pool.imapUnordered(task("same"), NUMBERS)) unordered.push(n);
    expect(new Set(unordered)).toEqual(new Set(NUMBERS));
    const counted: unknown[] = [];
    for await (const n of pool.iterate(task("count"), [4])) counted.push(n);
    expect(counted).toEqual([0, 1, 2, 3]);
    const large = new Uint8Array(3_000_000).map((_, i) => i % 251);
    // A comparison by `toEqual` would take longer than the lease.
    expect(Buffer.compare((await pool.apply(task("same"), [large])) as Uint8Array, large)).toBe(0);
    const failure = pool.apply(task("fail"), ["on purpose"]);
    await expect(failure).rejects.toMatchObject({ constructor: RangeError, message: "on purpose", remote: { runtime } });
    const died = await pool.apply(task("end"), [7]).catch((error: unknown) => error);
    expect(died).toMatchObject({ code: "ERR_POLYPROC_WORKER_DIED", exitCode: 7 });
    expect(await pool.map(task("square"), [1, 2])).toEqual([1, 4]);
  });

  it("ends at once when it is told to end for the second time", async () => {
    const mp = await connected(server, { lease: 10_000 });
    const first = await agent(runtime, server, mp, { slots: "1", lease: "10000" });
    const file = fileName();
    const running = poolOf(mp).apply(task("wait"), [file, `${file}-never`]);
    await linesOf(file, 1);
    first.child.kill("SIGTERM");
    await vi.waitFor(() => expect(first.stdout).toContain("ends"), { timeout: 10_000, interval: 20 });
    const start = performance.now();
    first.child.kill("SIGTERM");
    await expect(running).rejects.toMatchObject({ code: "ERR_POLYPROC_WORKER_DIED", signal: "SIGKILL" });
    expect(await first.closed, first.stderr).toBe(0);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it("completes the tasks that run when it is told to end, and takes no more", async () => {
    const mp = await connected(server);
    const [file, until] = [fileName(), fileName()];
    const first = await agent(runtime, server, mp, { slots: "1" });
    const pool = poolOf(mp, { processes: 1 });
    const running = pool.apply(task("wait"), [file, until]);
    const [pid] = await linesOf(file, 1);
    first.child.kill("SIGTERM");
    await vi.waitFor(() => expect(first.stdout).toContain("ends"), { timeout: 10_000 });
    const next = pool.apply(task("noted"), [until, "next", 0]);
    await agent("node", server, mp);
    await linesOf(file, 1);
    appendFileSync(until, "go\n");
    expect(await running).toBe(Number(pid));
    expect(await next).toBe("next");
    expect(await first.closed, first.stderr).toBe(0);
  });
});

it("agents on three runtimes share the tasks of a pool", async () => {
  const mp = await connected(server);
  await Promise.all(RUNTIMES.map((runtime) => agent(runtime, server, mp, { slots: "1" })));
  const [file, until] = [fileName(), fileName()];
  const pool = poolOf(mp, { processes: 3 });
  const running = RUNTIMES.map(() => pool.apply(task("wait"), [file, until]));
  expect(new Set(await linesOf(file, 3)).size).toBe(3);
  appendFileSync(until, "go\n");
  await Promise.all(running);
  expect(await pool.map(task("square"), NUMBERS)).toEqual(NUMBERS.map((n) => n * n));
});

describe("a pool", () => {
  it("kills a worker whose task is given up and goes on, also if more tasks came with it", async () => {
    const mp = await connected(server);
    await agent("node", server, mp);
    const pool = poolOf(mp, { taskGrace: 50, processes: 1 });
    await expect(pool.apply(task("spin"), [], { timeout: 500 })).rejects.toThrow("given up");
    const settled = await pool.map(task("spin"), [1, 2], { chunkSize: 2, taskTimeout: 300, settle: true });
    expect(settled).toMatchObject([{ status: "rejected" }, { status: "rejected" }]);
    expect(await pool.apply(task("square"), [3])).toBe(9);
  });

  it("waits for a slot, and its workers that wait for one do not keep it from ending", async () => {
    const mp = await connected(server);
    const first = poolOf(mp, { processes: 4 });
    const results = first.map(task("square"), [1, 2, 3, 4]);
    await agent("node", server, mp, { slots: "1" });
    expect(await results).toEqual([1, 4, 9, 16]);
    const second = poolOf(mp);
    const waiting = second.apply(task("square"), [5]);
    first.close();
    expect(await first.join({ timeout: 10_000 })).toBe(true);
    expect(await waiting).toBe(25);
  });

  it("is told which targets an agent does not run, and why", async () => {
    const mp = await connected(server);
    await agent("node", server, mp, { allow: "test/cluster/programs/t*.ts" });
    const pool = poolOf(mp);
    const module = (path: string): URL => new URL(path, `file://${ROOT}`);
    const refused = expect.objectContaining({ code: "ERR_POLYPROC_UNSUPPORTED", message: expect.stringContaining("--allow") });
    await expect(pool.apply({ module: module("test/cluster/programs/maps.ts"), name: "default" })).rejects.toEqual(refused);
    await expect(pool.map({ module: module("mod.ts"), name: "cpuCount" }, [1, 2])).rejects.toEqual(refused);
    await expect(pool.apply({ module: module("test/cluster/programs/../maps.ts"), name: "x" })).rejects.toEqual(refused);
    await expect(pool.apply({ module: new URL("file:///tmp/elsewhere.ts"), name: "x" })).rejects.toThrow("folder of the program");
    await expect(pool.apply({ module: "node:fs", name: "rmSync" })).rejects.toThrow("folder of the program");
    expect(await pool.apply(task("square"), [6])).toBe(36);
  });

  it("can tell that nobody is there from a reply that does not come", async () => {
    const cluster = await openCluster(checkClusterOptions({ servers: server.url, namespace: "asks" }));
    onTestFinished(() => cluster.close());
    const { wire } = cluster;
    const [subject, nothing] = [wire.subject("agents", "x"), new Uint8Array(0)];
    expect(await wire.request(subject, nothing, 5000)).toBe("nobody");
    wire.subscribe(subject, () => {});
    await wire.flush();
    expect(await wire.request(subject, nothing, 50)).toBe("silence");
    wire.subscribe(subject, ({ reply }) => wire.publish(reply, Uint8Array.of(1)));
    await wire.flush();
    expect(await wire.request(subject, nothing, 5000)).toEqual(Uint8Array.of(1));
  });

  it("gets workers of its own group and version only", async () => {
    const mp = await connected(server, { version: "2" });
    const others = [
      await agent("node", server, mp, { "app-version": "1" }),
      await agent("node", server, mp, { "app-version": "2", group: "other" }),
    ];
    const pool = poolOf(mp, { group: "gpu" });
    const result = pool.apply(task("whoAmI"));
    const right = await agent("node", server, mp, { "app-version": "2", group: "gpu" });
    const pid = await result;
    expect(right.left().some((line) => line.startsWith(`${pid} `) || Number.parseInt(line, 10) === pid)).toBe(true);
    for (const other of others) expect(other.left().length).toBe(1);
  });

  it("refuses objects that can't cross, in arguments and results, and options that are the agents' own", async () => {
    const mp = await connected(server);
    await agent("node", server, mp);
    const pool = poolOf(mp);
    const queue = new mp.Queue();
    await expect(pool.apply(task("same"), [queue])).rejects.toThrow(/workers of a cluster/);
    await expect(pool.map(task("same"), [1, 2], { kwargs: { queue } })).rejects.toThrow(/workers of a cluster/);
    expect(() => new mp.Pool({ initializer: task("initialize"), initArgs: [queue] })).toThrow(/workers of a cluster/);
    await expect(pool.apply(task("localQueue"))).rejects.toThrow(/return its contents/);
    expect(() => new mp.Pool({ execArgv: ["-e", "0"] })).toThrow(/can't set execArgv/);
    expect(await pool.apply(task("square"), [2])).toBe(4);
  });

  it("rejects its calls when the connection is closed", async () => {
    const mp = await connected(server);
    await agent("node", server, mp);
    const file = fileName();
    const pool = poolOf(mp);
    const running = expect(pool.apply(task("wait"), [file, `${file}-never`])).rejects.toMatchObject({ code: "ERR_POLYPROC_WORKER_DIED" });
    const [pid] = await linesOf(file, 1);
    await mp.close();
    await running;
    await vi.waitFor(() => expect(() => process.kill(Number(pid), 0)).toThrow("ESRCH"), { timeout: 4 * LEASE + 5000 });
  });
});
