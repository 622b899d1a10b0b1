import { jetstream } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { connect } from "@nats-io/transport-node";
import { afterAll, expect, it, vi } from "vitest";
import { RUNTIMES } from "../../suite/runtimes.ts";
import { NatsServer } from "../servers/server.ts";
import { connected } from "./help.ts";
import { Peer } from "./peer.ts";

const server = await NatsServer.start();
afterAll(() => server.stop());

const OPTIONS = { name: "permits", value: 3 };
const SEMAPHORE = ["Semaphore", [OPTIONS]] as const;

it("gives out its permits to three runtimes, and those of the dead come back", async () => {
  const mp = await connected(server, { lease: 1000 });
  const peers = await Promise.all(RUNTIMES.map((runtime) => Peer.start(runtime, { servers: server.url, namespace: mp.namespace })));
  expect(await Promise.all(peers.map((peer) => peer.call(...SEMAPHORE, "acquire")))).toEqual([true, true, true]);
  const permits = new mp.Semaphore(OPTIONS);
  expect([await permits.getValue(), await permits.acquire({ block: false }), await permits.acquire({ timeout: 50 })]).toEqual([
    0,
    false,
    false,
  ]);
  const waiting = permits.acquire();
  await peers[0]?.call(...SEMAPHORE, "release");
  expect([await waiting, permits.abandoned]).toEqual([true, false]);
  peers[1]?.signal("SIGKILL");
  expect([await permits.acquire(), permits.abandoned]).toEqual([true, true]);
  const last = permits.acquire();
  expect(await peers[2]?.end()).toBe(0);
  expect(await last).toBe(true);
  expect(await permits.getValue()).toBe(0);
  permits.close();
  await vi.waitFor(async () => expect(await peers[0]?.call(...SEMAPHORE, "getValue")).toBe(3));
});

it("is never had by more than its permits, also by the tasks of one process", async () => {
  const mp = await connected(server);
  const permits = new mp.Semaphore({ value: 3 });
  let [holders, most] = [0, 0];
  const use = async (): Promise<void> => {
    await using _held = await permits.hold();
    most = Math.max(most, ++holders);
    await new Promise((resolve) => setTimeout(resolve, 2));
    holders--;
  };
  await Promise.all(Array.from({ length: 20 }, use));
  expect([most <= 3, await permits.getValue()]).toEqual([true, 3]);
});

it("is had by a call that does not wait whenever a permit is free, whatever others do at the same time", async () => {
  const mp = await connected(server);
  const permits = new mp.Semaphore({ name: "busy", value: 40 });
  await permits.getValue();
  await using stranger = await connect({ servers: server.url });
  const records = await new Kvm(jetstream(stranger)).open(`MP_${mp.namespace}_STATE`);
  let isOver = false;
  const changing = (async () => {
    while (!isOver) {
      const record = await records.get("semaphore.n-busy");
      if (record !== null) await records.update(record.key, record.value, record.revision).catch(() => {});
    }
  })();
  for (let i = 0; i < 20; i++)
    expect(await Promise.all([permits.acquire({ block: false }), permits.acquire({ block: false })])).toEqual([true, true]);
  expect(await permits.acquire({ block: false })).toBe(false);
  isOver = true;
  await changing;
});

it("is released by those who have a permit, and without robust by anybody", async () => {
  const mp = await connected(server, { lease: 1000 });
  const peer = await Peer.start("node", { servers: server.url, namespace: mp.namespace });
  const bounded = new mp.BoundedSemaphore({ name: "bounded", value: 1 });
  expect(await peer.call("BoundedSemaphore", [{ name: "bounded", value: 1 }], "acquire")).toBe(true);
  await expect(bounded.release()).rejects.toThrow("has no permit of the semaphore");
  const loose = { name: "loose", value: 0, robust: false };
  const waiting = peer.call("Semaphore", [loose], "acquire");
  await new mp.Semaphore(loose).release();
  expect(await waiting).toBe(true);
  peer.signal("SIGKILL");
  expect(await new mp.Semaphore(loose).acquire({ timeout: 1500 })).toBe(false);
  expect([await bounded.acquire(), bounded.abandoned]).toEqual([true, true]);
  const full = new mp.BoundedSemaphore({ value: 1, robust: false });
  await expect(full.release()).rejects.toThrow("as many permits as it may have");
});

it("is lost with the lease, and refuses other settings for its name", async () => {
  const mp = await connected(server, { lease: 1000 });
  const permits = new mp.Semaphore(OPTIONS);
  await permits.acquire();
  await server.pause();
  await new Promise((resolve) => setTimeout(resolve, 900));
  server.resume();
  await expect(permits.release()).rejects.toThrow("lease of this permit was lost");
  await expect(new mp.Semaphore({ ...OPTIONS, value: 4 }).acquire()).rejects.toThrow("{ value: 3, robust: true }");
  await expect(new mp.BoundedSemaphore(OPTIONS).acquire()).rejects.toThrow("belongs to a Semaphore");
  await expect(new mp.Semaphore({ ...OPTIONS, robust: false }).getValue()).rejects.toThrow("another name");
});
