// Pools of a cluster when something dies: an agent, the server, or the pool's own program.
import { fileURLToPath } from "node:url";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { afterAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { decode } from "../../src/codec/decode.ts";
import { Program } from "../suite/program.ts";
import { RUNTIMES } from "../suite/runtimes.ts";
import { agent, connected, fileName, LEASE, linesOf, poolOf, ROOT, task } from "./agents.ts";
import { NatsServer } from "./servers/server.ts";

const server = await NatsServer.start();
afterAll(() => server.stop());

/** A silent process counts as dead after the lease, and a third of it more at most; the rest is for a slow machine. */
const SILENCE = 4 * LEASE + 5000;

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe.each(RUNTIMES)("an agent on %s", (runtime) => {
  it("is killed: its tasks run again elsewhere as often as `retries` says, and each has one result", async () => {
    const mp = await connected(server);
    const [victim] = [await agent(runtime, server, mp), await agent("node", server, mp)];
    const file = fileName();
    const pool = poolOf(mp, { processes: 4 });
    const numbers = Array.from({ length: 80 }, (_, i) => i);
    const results = pool.starmap(task("noted"), numbers.map((n) => [file, n, 30]) as never, { retries: 1, chunkSize: 1 });
    await linesOf(file, 20);
    victim.child.kill("SIGKILL");
    expect(await results).toEqual(numbers);
    const ran = (await linesOf(file)).map((line) => Number(line.split(" ")[0]));
    expect(new Set(ran).size).toBe(80);
    expect(ran.length).toBeLessThanOrEqual(82);
    expect(pool.stats()).toMatchObject({ done: 80 });
    await victim.gone(10_000);
  });

  it("is stopped for longer than the lease: its workers are given up, and end when it goes on", async () => {
    const mp = await connected(server);
    const victim = await agent(runtime, server, mp, { slots: "1" });
    const [file, until] = [fileName(), fileName()];
    const pool = poolOf(mp, { processes: 1 });
    const lost = pool.apply(task("wait"), [file, until]);
    const again = pool.apply(task("noted"), [file, "again", 0]);
    const [pid] = await linesOf(file, 1);
    const start = performance.now();
    victim.child.kill("SIGSTOP");
    await expect(lost).rejects.toMatchObject({ code: "ERR_POLYPROC_WORKER_DIED", cause: { message: expect.stringMatching(/silent/) } });
    expect(performance.now() - start).toBeLessThan(SILENCE);
    await agent("node", server, mp, { slots: "1" });
    expect(await again).toBe("again");
    expect(isThere(Number(pid))).toBe(true);
    victim.child.kill("SIGCONT");
    await vi.waitFor(() => expect(isThere(Number(pid))).toBe(false), { timeout: SILENCE });
    expect(pool.stats()).toMatchObject({ done: 1, failed: 1 });
  });

  it("ends the workers of a program that was killed, and has its slots again", async () => {
    const mp = await connected(server);
    await agent(runtime, server, mp, { slots: "1" });
    const file = fileName();
    const path = fileURLToPath(new URL("programs/maps.ts", import.meta.url));
    const program = new Program(runtime, path, { args: [server.url, mp.namespace, String(LEASE), ROOT, file] });
    expect(await program.json()).toEqual([9]);
    const [pid] = await linesOf(file, 1);
    program.child.kill("SIGKILL");
    await vi.waitFor(() => expect(isThere(Number(pid))).toBe(false), { timeout: SILENCE });
    expect(await poolOf(mp).apply(task("square"), [4])).toBe(16);
  });
});

it("the server is restarted: nothing is lost, and nothing runs twice", async () => {
  const own = await NatsServer.start();
  onTestFinished(() => own.stop());
  const mp = await connected(own, { lease: 10_000 });
  await agent("node", own, mp, { lease: "10000" });
  const file = fileName();
  const pool = poolOf(mp);
  const numbers = Array.from({ length: 200 }, (_, i) => i);
  const results = pool.starmap(task("noted"), numbers.map((n) => [file, n, 5]) as never, { chunkSize: 1 });
  await linesOf(file, 40);
  await own.kill();
  await own.restart();
  expect(await results).toEqual(numbers);
  expect((await linesOf(file)).length).toBe(200);
  expect(pool.stats()).toMatchObject({ done: 200, retried: 0, died: 0 });
});

it("a task that ends its workers as often as it may is kept as a dead letter", async () => {
  const mp = await connected(server);
  await agent("node", server, mp);
  const pool = poolOf(mp);
  await expect(pool.apply(task("end"), [5], { retries: 2 })).rejects.toMatchObject({ name: "PoisonTaskError", exitCode: 5 });
  expect(pool.stats()).toMatchObject({ retried: 2, died: 3, failed: 1 });
  await mp.close();
  const connection = await connect({ servers: server.url });
  onTestFinished(() => connection.close());
  const manager = await jetstreamManager(connection);
  const message = await manager.streams.getMessage(`MP_${mp.namespace}_DLQ`, { seq: 1 });
  const letter = decode(new Uint8Array(message?.data ?? [])) as { readonly args: Uint8Array };
  expect(letter).toMatchObject({
    attempts: 3,
    target: { module: "program:test/cluster/programs/tasks.ts", name: "end" },
    error: { name: "PoisonTaskError" },
  });
  expect(decode(letter.args)).toEqual([5]);
});
