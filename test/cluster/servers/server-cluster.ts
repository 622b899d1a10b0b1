import { freePort } from "./ports.ts";
import { NatsServer, type ServerOptions } from "./server.ts";

/** Three real servers on this machine that replicate streams among each other. */
export class ServerCluster {
  readonly servers: readonly NatsServer[];

  /** Starts the servers, n1 to n3, with the same settings, and waits until they have elected a leader. */
  static async start({ config }: Pick<ServerOptions, "config"> = {}): Promise<ServerCluster> {
    const names = ["n1", "n2", "n3"];
    const ports = await Promise.all(names.map(freePort));
    const routes = ports.map((port) => `nats://127.0.0.1:${port}`);
    const servers = await Promise.all(
      names.map((name, i) => {
        const cluster = { name: "polyproc", listen: `127.0.0.1:${ports[i]}`, routes };
        return NatsServer.prepare({ name, config: { ...config, cluster } });
      }),
    );
    const all = new ServerCluster(servers);
    try {
      await Promise.all(servers.map((server) => server.restart()));
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

  /** Ends all servers and removes all that they stored. */
  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
