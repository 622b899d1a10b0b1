import { onTestFinished } from "vitest";
import { type Cluster, type ClusterOptions, connectCluster } from "../../../mod.ts";
import type { NatsServer } from "../servers/server.ts";
import { newNamespace } from "./peer.ts";

/** This process, connected to a namespace of its own until the test ends. */
export async function connected(server: NatsServer, options: Partial<ClusterOptions> = {}): Promise<Cluster> {
  const mp = await connectCluster({ servers: server.url, namespace: newNamespace(), ...options });
  onTestFinished(() => mp.close());
  return mp;
}
