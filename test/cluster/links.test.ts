// Queues between hosts whose links are cut and healed.
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { type Cluster, connectCluster } from "../../mod.ts";
import { Program } from "../suite/program.ts";
import { type Host, Network, networkFault } from "./hosts/network.ts";
import { NatsServer } from "./servers/server.ts";

const LEASE = 1500;
const fault = await networkFault();
beforeEach(({ skip }) => skip(fault !== undefined, fault));

async function connected(server: NatsServer): Promise<Cluster> {
  const mp = await connectCluster({ servers: server.url, namespace: `t-${randomUUID()}`, lease: LEASE });
  onTestFinished(() => mp.close());
  return mp;
}

function programOn(host: Host, runtime: string, name: string, args: readonly string[]): Program {
  const path = fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url));
  return new Program(runtime, path, { args, through: host.command, stdin: "pipe" });
}

it("the task of a host that is cut off goes to another one, and the host goes on when its link is healed", async () => {
  using network = await Network.start("server", "consumer");
  const host = network.host("consumer");
  await using server = await NatsServer.start({ host: network.host("server") });
  const mp = await connected(server);
  const queue = new mp.JoinableQueue<string>({ name: "tasks" });
  await queue.put("work");
  const consumer = programOn(host, "deno", "take-task", [server.url, mp.namespace, "tasks", String(LEASE)]);
  expect(await consumer.json()).toEqual(["work", 1]);
  host.cut();
  const task = await queue.getTask({ timeout: LEASE + 5000 });
  expect([task.value, task.attempt]).toEqual(["work", 2]);
  await task.done();
  await host.heal();
  consumer.child.stdin?.end("\n");
  expect(await consumer.closed, consumer.stderr).toBe(0);
  expect((await queue.stats()).size).toBe(0);
});

it("puts of a host that is cut off wait, and each item comes once and in order when the link is healed", async () => {
  using network = await Network.start("server", "producer");
  const host = network.host("producer");
  await using server = await NatsServer.start({ host: network.host("server") });
  const mp = await connected(server);
  const queue = new mp.Queue<[string, number]>({ name: "bounded", maxsize: 5 });
  const producer = programOn(host, "bun", "produce", [server.url, mp.namespace, "bounded", "cut", "30"]);
  const came: number[] = [];
  for (let i = 0; i < 30; i++) {
    if (i === 10) {
      host.cut();
      // What has been stored before the cut is all that comes.
      while (came.length < 30) {
        const item = await queue.get({ timeout: 2000 }).catch(() => undefined);
        if (item === undefined) break;
        came.push(item[1]);
      }
      expect(came.length).toBeLessThan(30);
      await host.heal();
    }
    if (came.length === 30) break;
    came.push((await queue.get({ timeout: 30_000 }))[1]);
  }
  expect(came).toEqual(Array.from({ length: 30 }, (_, i) => i));
  expect(await producer.closed, producer.stderr).toBe(0);
});
