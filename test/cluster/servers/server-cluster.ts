import { setTimeout as sleep } from "node:timers/promises";
import { jetstreamManager } from "@nats-io/jetstream";
import { type ConnectionOptions, connect } from "@nats-io/transport-node";
import type { Host } from "../hosts/network.ts";
import { freePort } from "./ports.ts";
import { type Config, NatsServer } from "./server.ts";

export interface ClusterOptions {
  readonly config?: Config;
  /** A simulated host for each server. */
  readonly hosts?: readonly Host[];
  /** How somebody connects who may make streams, if not everyone may. */
  readonly login?: Partial<ConnectionOptions>;
}

/** How many milliseconds servers get to form a cluster, once each has found a leader, and how often they may try. */
const PATIENCE = 3000;
const TRIES = 5;

/** Three real servers on this machine that replicate streams among each other. */
export class ServerCluster {
  readonly servers: readonly NatsServer[];

  /** Starts the servers, n1 to n3, each in a simulated host if three are given, and waits until they have elected a leader. */
  static async start({ config, hosts = [], login = {} }: ClusterOptions = {}): Promise<ServerCluster> {
    const places = await Promise.all(
      ["n1", "n2", "n3"].map(async (name, i) => {
        const host = hosts[i];
        return { name, host, route: `${host?.address ?? "127.0.0.1"}:${await freePort()}` };
      }),
    );
    const routes = places.map(({ route }) => `nats://${route}`);
    const servers = await Promise.all(
      places.map(({ name, host, route }) => {
        const cluster = { name: "polyproc", listen: route, routes };
        return NatsServer.prepare({ name, host, config: { ...config, cluster } });
      }),
    );
    const all = new ServerCluster(servers);
    try {
      for (let tries = 1; !(await all.#form(login)); tries++) {
        if (tries === TRIES) throw new Error(`three servers formed no cluster in ${TRIES} tries. The first one says:\n${servers[0]?.log}`);
        await Promise.all(servers.map((server) => server.clear()));
      }
    } catch (error) {
      await all.stop();
      throw error;
    }
    return all;
  }

  private constructor(servers: readonly NatsServer[]) {
    this.servers = servers;
  }

  /** What clients connect to. */
  get urls(): string[] {
    return this.servers.map(({ url }) => url);
  }

  /** The server of a name, such as that which leads a stream. */
  named(name: string | undefined): NatsServer {
    const server = this.servers.find((each) => each.name === name);
    if (server === undefined) throw new Error(`no server of the cluster is named ${name}`);
    return server;
  }

  /**
   * Starts the servers, and returns whether a stream can have three replicas soon. Of three servers that start at once, two may elect a leader that
   * takes no notice of the third for ever.
   */
  async #form(login: Partial<ConnectionOptions>): Promise<boolean> {
    await Promise.all(this.servers.map((server) => server.restart()));
    const connection = await connect({ ...login, servers: this.urls });
    const { streams } = await jetstreamManager(connection, { checkAPI: false });
    try {
      await until(async () => {
        await streams.add({ name: "PROBE", subjects: ["probe"], num_replicas: 3 });
        await streams.delete("PROBE");
      });
      return true;
    } catch {
      return false;
    } finally {
      await connection.close();
    }
  }

  /** Ends all servers and removes all that they stored. */
  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** Does something again until it succeeds. Rejects if it has not within the patience. */
async function until(action: () => Promise<void>): Promise<void> {
  const end = performance.now() + PATIENCE;
  for (;;) {
    try {
      await action();
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
      await sleep(50);
    }
  }
}
