// What the registry loads by the URL of this module, when a program connects to a cluster.
import { holdEventLoop } from "../../util/event-loop.ts";
import type { ClusterSettings, ConnectedCluster } from "../contract/cluster.ts";
import { NatsAdmin } from "./admin.ts";
import { NatsBackend, providerOf } from "./backend.ts";
import { loadPackages } from "./packages.ts";
import { NatsWire } from "./wire.ts";

/** Connects to a namespace. */
export async function connect(settings: ClusterSettings): Promise<ConnectedCluster> {
  // The connection itself does not, and the servers may take a while to answer.
  const letGo = holdEventLoop();
  try {
    const backend = await NatsBackend.open(settings);
    const { link } = backend;
    return { provider: providerOf(backend), admin: new NatsAdmin(link), wire: new NatsWire(link), close: () => link.close() };
  } finally {
    letGo();
  }
}

/** Makes the keys of a new user: what the servers know of it, and its secret. */
export async function newKeys(): Promise<{ readonly id: string; readonly seed: string }> {
  const { transport } = await loadPackages();
  const keys = transport.nkeys.createUser();
  return { id: keys.getPublicKey(), seed: new TextDecoder().decode(keys.getSeed()) };
}
