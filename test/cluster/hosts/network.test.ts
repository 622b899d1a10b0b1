import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { promisify } from "node:util";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { beforeEach, expect, it, vi } from "vitest";
import { NatsServer } from "../servers/server.ts";
import { ServerCluster } from "../servers/server-cluster.ts";
import { type Host, Network, networkFault } from "./network.ts";

const fault = await networkFault();
beforeEach(({ skip }) => skip(fault !== undefined, fault));

/** Runs a program of Node in a host. It is killed after 20 s. */
async function run(host: Host, text: string): Promise<string> {
  const [program = "", ...args] = [...host.command, process.execPath, "--input-type=module", "--eval", text];
  return (await promisify(execFile)(program, args, { timeout: 20_000, killSignal: "SIGKILL" })).stdout;
}

it("a host reaches a server in another one, not while its link is cut, and again when that is healed", async () => {
  using network = await Network.start("a", "b");
  const [a, b] = [network.host("a"), network.host("b")];
  await using server = await NatsServer.start({ host: b });
  const client = `
    const { connect } = await import("${import.meta.resolve("@nats-io/transport-node")}");
    const connection = await connect({ servers: "${server.url}", timeout: 1000, reconnect: false });
    console.log(connection.info.client_ip);
    await connection.close();`;
  expect(await run(a, client)).toBe(`${a.address}\n`);
  a.cut();
  await expect(run(a, client)).rejects.toThrow();
  await a.heal();
  expect(await run(a, client)).toBe(`${a.address}\n`);
});

it("a server that is cut off from the other two no longer leads, and comes back", async () => {
  using network = await Network.start("a", "b", "c");
  await using cluster = await ServerCluster.start({ hosts: network.hosts });
  const connection = await connect({
    servers: cluster.urls,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 100,
    pingInterval: 500,
    timeout: 1000,
  });
  const manager = await jetstreamManager(connection, { timeout: 1000 });
  const made = await manager.streams.add({ name: "S", subjects: ["s"], num_replicas: 3 });
  const leader = made.cluster?.leader;
  const host = network.hosts[cluster.servers.indexOf(cluster.named(leader))];
  host?.cut();
  const led = async (): Promise<string | undefined> => (await manager.streams.info("S")).cluster?.leader;
  await vi.waitFor(async () => expect(["n1", "n2", "n3"].filter((name) => name !== leader)).toContain(await led()), { timeout: 25_000 });
  await host?.heal();
  await cluster.named(leader).ready();
  await connection.close();
});

it("slows what a host sends", async ({ skip }) => {
  const discipline = "netem delay 300ms";
  const missing = await networkFault(discipline);
  skip(missing !== undefined, missing);
  using network = await Network.start("a");
  const a = network.host("a");
  await using server = await NatsServer.start({ host: a });
  const connection = await connect({ servers: server.url });
  expect(await connection.rtt()).toBeLessThan(200);
  a.shape(discipline);
  expect(await connection.rtt()).toBeGreaterThan(250);
  await connection.close();
});

it("does not outlive the process that made it, however that ends", async () => {
  const module = new URL("network.ts", import.meta.url).href;
  const text = `
    const { Network } = await import("${module}");
    const { spawn } = await import("node:child_process");
    const [program, ...args] = (await Network.start("a")).host("a").command;
    console.log(JSON.stringify({ host: args.at(-1), sleeper: spawn(program, [...args, "sleep", "60"]).pid }));`;
  const maker = spawn(process.execPath, ["--input-type=module", "--eval", text], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(maker.stdout, "data")) as [Buffer];
  const { host, sleeper } = JSON.parse(String(line)) as { host: string; sleeper: number };
  expect(readdirSync("/run/netns")).toContain(host);
  process.kill(sleeper, 0);
  maker.kill("SIGKILL");
  await vi.waitFor(
    () => {
      expect(readdirSync("/run/netns")).not.toContain(host);
      expect(() => process.kill(sleeper, 0)).toThrow("ESRCH");
    },
    { timeout: 10_000 },
  );
});
