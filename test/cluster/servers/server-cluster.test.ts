import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { expect, it, vi } from "vitest";
import { ServerCluster } from "./server-cluster.ts";

it("three servers replicate a stream, and another leads it when its leader is killed", async () => {
  await using cluster = await ServerCluster.start();
  const connection = await connect({ servers: cluster.urls, maxReconnectAttempts: -1, reconnectTimeWait: 100 });
  const manager = await jetstreamManager(connection);
  const { cluster: made } = await manager.streams.add({ name: "S", subjects: ["s"], num_replicas: 3 });
  // The other servers may learn of the stream a moment after it was made.
  await vi.waitFor(() => manager.jetstream().publish("s", "kept", { msgID: "1" }), { timeout: 20_000, interval: 50 });
  const first = cluster.named(made?.leader);
  await first.kill();
  await vi.waitFor(
    async () => {
      const { cluster: now, state } = await manager.streams.info("S");
      expect([now?.leader, state.messages]).not.toContain(first.name);
      expect(state.messages).toBe(1);
    },
    { timeout: 20_000, interval: 50 },
  );
  await first.restart();
  await connection.close();
});
