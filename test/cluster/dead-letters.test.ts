// The command `polyproc cluster dlq`: tasks that were given up are shown, run again, and removed.
import { writeFileSync } from "node:fs";
import { connect } from "@nats-io/transport-node";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Cluster } from "../../mod.ts";
import { encode } from "../../src/codec/encode.ts";
import { RUNTIMES } from "../suite/runtimes.ts";
import { agent, connected, fileName, linesOf, poolOf, task } from "./agents.ts";
import { type CommandResult, rowsIn, run } from "./commands.ts";
import { NatsServer } from "./servers/server.ts";

let server: NatsServer;

beforeAll(async () => {
  server = await NatsServer.start();
});
afterAll(() => server.stop());

/** Runs `dlq` in the namespace. */
async function dlq(mp: Cluster, words: readonly string[], runtime?: string): Promise<CommandResult> {
  return run(["dlq", ...words, "--servers", server.url, "--namespace", mp.namespace], runtime);
}

async function list(mp: Cluster): Promise<string[][]> {
  return rowsIn((await dlq(mp, ["list"])).stdout);
}

/** Waits for the rejection of tasks whose workers ended, and for their dead letters. */
async function givenUp(mp: Cluster, tasks: readonly Promise<unknown>[], letters = 1): Promise<void> {
  for (const each of tasks) await expect(each).rejects.toMatchObject({ code: "ERR_POLYPROC_WORKER_DIED" });
  await expect.poll(async () => (await list(mp)).length, { timeout: 20_000 }).toBe(letters);
}

it.each(RUNTIMES)("retry runs the task again, and removes its dead letter once it succeeds, on %s", async (runtime) => {
  const mp = await connected(server, { version: "v7" });
  expect(await list(mp)).toEqual([]);
  await agent(runtime, server, mp, { group: "far", "app-version": "v7" });
  const file = fileName();
  const pool = poolOf(mp, { name: "brief", group: "far", initializer: task("initialize"), initArgs: ["ready"] } as never);
  await givenUp(mp, [pool.apply(task("endUnless"), [file, 1n], { kwargs: { b: new Set([2]) } } as never)]);
  const [[number, name, attempts, target] = []] = await list(mp);
  expect([number, name, attempts, target]).toEqual(["1", "brief", "1", "test/cluster/programs/tasks.ts endUnless"]);

  const failed = await dlq(mp, ["retry", "1"], runtime);
  expect([failed.code, failed.stdout]).toEqual([1, ""]);
  expect(failed.stderr).toMatch(/^The task failed, and the dead letter 1 stays\. WorkerDiedError: dead-letter-1-worker-1 .*exit code 3/);
  expect((await list(mp)).length).toBe(1);

  writeFileSync(file, "");
  const succeeded = await dlq(mp, ["retry", "1"], runtime);
  expect([succeeded.code, succeeded.stderr]).toEqual([0, ""]);
  expect(succeeded.stdout).toMatch(
    /^It returned \[ 1n, \{ b: Set\(1\) \{ 2 \} \}, ["']ready["'] \]\nThe task succeeded, and the dead letter 1 is removed\.\n$/,
  );
  expect(await list(mp)).toEqual([]);
});

it("retry runs tasks of each kind again", async () => {
  const mp = await connected(server);
  await agent("node", server, mp);
  const file = fileName();
  const pool = poolOf(mp);
  await givenUp(mp, [pool.map(task("endUnless"), [file])], 1);
  await givenUp(mp, [pool.starmap(task("endUnless"), [[file, "b"]])], 2);
  await givenUp(mp, [pool.iterate(task("countOnce"), [file, 2]).next()], 3);
  writeFileSync(file, "");
  expect((await dlq(mp, ["retry", "1"])).stdout).toContain("It returned [ '' ]\n");
  expect((await dlq(mp, ["retry", "2"])).stdout).toContain("It returned [ 'b', '' ]\n");
  expect((await dlq(mp, ["retry", "3"])).stdout).toContain("It gave 0\nIt gave 1\nThe task succeeded");
  expect(await list(mp)).toEqual([]);
});

it("retry says why a task can't run again, and its dead letter stays", async () => {
  const mp = await connected(server, { version: "v8" });
  const first = await agent("node", server, mp, { "app-version": "v8", "drain-timeout": "1" });
  await givenUp(mp, [poolOf(mp, { name: "brief" }).apply(task("end"), [5])]);
  first.child.kill();
  expect(await first.ended).toBe(0);
  const alone = await dlq(mp, ["retry", "1"]);
  expect([alone.code, alone.stderr]).toEqual([
    1,
    `No agent of the group "default" with the version "v8" is in the namespace "${mp.namespace}": start one by npx polyproc agent, and try again.\n`,
  ]);

  await agent("node", server, mp, { "app-version": "v8", allow: "other/**" });
  const refused = await dlq(mp, ["retry", "1"]);
  expect([refused.code, refused.stderr]).toEqual([
    1,
    expect.stringMatching(/stays\. UnsupportedError: The agent does not run this target.*--allow 'other\/\*\*'\.\n$/),
  ]);
  expect((await list(mp)).length).toBe(1);
});

it("retry ends when its time is over", async () => {
  const mp = await connected(server);
  await agent("node", server, mp);
  const pool = poolOf(mp);
  const file = fileName();
  const running = pool.apply(task("noted"), [file, "x", 600_000]);
  await linesOf(file, 1);
  for (const { pid } of pool.workers) if (pid !== null) process.kill(pid, "SIGKILL");
  await givenUp(mp, [running]);
  const { code, stderr } = await dlq(mp, ["retry", "1", "--timeout", "1500"]);
  expect([code, stderr]).toEqual([
    1,
    "The task failed, and the dead letter 1 stays. TimeoutError: It was not done after 1500 ms: give it more time by --timeout.\n",
  ]);
});

it("drop removes a dead letter, also one that no pool has written", async () => {
  const mp = await connected(server);
  await agent("node", server, mp);
  await givenUp(mp, [poolOf(mp, { name: "brief" }).apply(task("end"), [5])]);
  const connection = await connect({ servers: server.url });
  const forged = {
    pool: "a\u001b[2J",
    target: { module: "file:///etc/passwd", name: "x" },
    group: "g",
    version: "v",
    args: encode(null).bytes,
  };
  for (const bytes of [Uint8Array.of(250), encode(null).bytes, encode(forged).bytes])
    await connection.request(`mp.${mp.namespace}.dlq`, bytes);
  await connection.close();
  expect((await list(mp)).map(([number, pool]) => [number, pool])).toEqual([
    ["1", "brief"],
    ["2", "?"],
    ["3", "?"],
    ["4", "a [2J"],
  ]);
  for (const number of ["2", "3", "4"]) {
    const { code, stderr } = await dlq(mp, ["retry", number]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^This dead letter holds no task that can run again/)]);
  }
  for (const number of ["1", "2", "3", "4"]) expect((await dlq(mp, ["drop", number])).code).toBe(0);
  expect(await list(mp)).toEqual([]);
  for (const words of [
    ["drop", "1"],
    ["retry", "1"],
    ["retry", "99"],
  ])
    expect(await dlq(mp, words)).toEqual({ code: 1, stdout: "", stderr: `There is no dead letter with the number ${words[1]}.\n` });
});
