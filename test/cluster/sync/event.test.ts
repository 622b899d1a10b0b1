import { afterAll, expect, it } from "vitest";
import { RUNTIMES } from "../../suite/runtimes.ts";
import { NatsServer } from "../servers/server.ts";
import { connected } from "./help.ts";
import { Peer } from "./peer.ts";

const server = await NatsServer.start();
afterAll(() => server.stop());

const EVENT = ["Event", [{ name: "ready" }]] as const;

it("ends the waits of twenty tasks in each of three processes, also if it is cleared at once", async () => {
  const mp = await connected(server);
  const peers = await Promise.all(RUNTIMES.map((runtime) => Peer.start(runtime, { servers: server.url, namespace: mp.namespace })));
  const event = new mp.Event({ name: "ready" });
  const waits = peers.map((peer) => peer.call(...EVENT, "many", "wait", 20, { timeout: 10_000 }));
  // The calls of a process are done in their order, so that the waits have begun.
  await Promise.all(peers.map((peer) => peer.call(...EVENT, "wait", { timeout: 300 })));
  await event.set();
  await event.clear();
  expect((await Promise.all(waits)).flat()).toEqual(Array(60).fill(true));
  expect([await event.isSet(), await event.wait({ timeout: 20 })]).toEqual([false, false]);
  expect(await Promise.all(peers.map((peer) => peer.end()))).toEqual([0, 0, 0]);
});

it("is set for those who come later, and ends its waits in time, by abort and by close", async () => {
  const mp = await connected(server);
  const event = new mp.Event();
  expect(await event.wait({ timeout: 0 })).toBe(false);
  await expect(event.wait({ signal: AbortSignal.timeout(20) })).rejects.toThrow("timeout");
  await event.set();
  await event.set();
  expect([await event.isSet(), await event.wait()]).toEqual([true, true]);
  await event.clear();
  const closed = expect(event.wait()).rejects.toThrow("closed");
  event.close();
  await closed;
  const other = new mp.Event({ name: "other" });
  const late = expect(other.wait()).rejects.toThrow("connection to the cluster is closed");
  await mp.close();
  await late;
});

it("goes on while the server is killed and restarted", async () => {
  await using own = await NatsServer.start();
  const mp = await connected(own);
  const event = new mp.Event({ name: "ready" });
  const waiting = event.wait();
  await own.kill();
  const late = event.wait({ timeout: 100 });
  expect(await late).toBe(false);
  await own.restart();
  await event.set();
  expect(await waiting).toBe(true);
});
