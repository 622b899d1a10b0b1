// The commands `polyproc cluster`, against real servers.
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { connectCluster } from "../../mod.ts";
import { RUNTIMES } from "../suite/runtimes.ts";
import { agent, connected } from "./agents.ts";
import { rowsIn, run } from "./commands.ts";
import { NatsServer } from "./servers/server.ts";

it.each(RUNTIMES)("queues shows what is in a namespace, on %s", async (runtime) => {
  await using server = await NatsServer.start();
  await using mp = await connectCluster({ servers: server.url, namespace: "shop" });
  const orders = new mp.JoinableQueue<string>({ name: "orders", maxsize: 10 });
  await orders.putMany(["a", "b", "c"]);
  await orders.get();
  await new mp.Queue({ name: "ended" }).shutdown();
  const { code, stdout, stderr } = await run(["queues", "--servers", server.url, "--namespace", "shop"], runtime);
  expect([code, stderr]).toEqual([0, ""]);
  const [ended, joinable] = rowsIn(stdout);
  expect(ended).toEqual(["ended", "0", "0", "-", "0", "shut down"]);
  expect(joinable?.toSpliced(4, 1)).toEqual(["orders", "2", "1", "10", "joinable"]);
});

it("doctor says what the servers are like", async () => {
  await using server = await NatsServer.start();
  const { code, stdout } = await run(["doctor", "--servers", server.url, "--namespace", "shop"]);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^server +n1, version 2\./);
  expect(stdout).toContain("There is one server");
  const refused = await run(["doctor", "--servers", "nats://127.0.0.1:9", "--namespace", "shop"]);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/^No connection to a NATS server/)]);
});

it("init writes a configuration with which programs and agents can work, and others can't", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pp-init-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const namespace = `t-${randomUUID()}`;
  const made = await run(["init", "--namespace", namespace, "--dir", folder]);
  expect([made.code, made.stderr]).toEqual([0, ""]);
  expect(statSync(join(folder, "client.nk")).mode & 0o777).toBe(0o600);
  const again = await run(["init", "--namespace", namespace, "--dir", folder]);
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("EEXIST")]);

  const text = readFileSync(join(folder, "nats.conf"), "utf8");
  // The server of the test has its own address and store.
  await using server = await NatsServer.start({
    text: text.replaceAll(/^(listen|server_name|ping_interval).*$|^jetstream \{[^}]*\}/gm, ""),
  });
  const options = { servers: server.url, namespace };
  for (const name of ["client.nk", "agent.nk"]) {
    const seed = readFileSync(join(folder, name), "utf8").trim();
    await using mp = await connectCluster({ ...options, creds: { seed } });
    const queue = new mp.Queue<Uint8Array>();
    await queue.put(new Uint8Array(1_500_000));
    expect((await queue.get({ timeout: 10_000 })).length).toBe(1_500_000);
  }
  await expect(connectCluster(options)).rejects.toMatchObject({ code: "ERR_POLYPROC_AUTHENTICATION" });
});

it("hosts shows the agents", async () => {
  await using server = await NatsServer.start();
  const mp = await connected(server);
  await agent("bun", server, mp, { slots: "3", group: "dull", "app-version": "v1" });
  const { stdout } = await run(["hosts", "--servers", server.url, "--namespace", mp.namespace]);
  expect(rowsIn(stdout).map((row) => row.slice(2))).toEqual([["0 of 3", "bun", "dull", "v1"]]);
});
