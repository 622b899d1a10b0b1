import { connect, type NatsConnection } from "@nats-io/transport-node";
import { type Server, startServer as start } from "./server.ts";

export interface NatsServer extends AsyncDisposable {
  readonly url: string;
  readonly server: Server;
  readonly connection: NatsConnection;
}

/** Starts a server of NATS, and connects to it. */
export async function startServer(address = "127.0.0.1"): Promise<NatsServer> {
  const server = await start("NATS", address);
  const url = `nats://${address}:${server.port}`;
  const connection = await connect({ servers: url, waitOnFirstConnect: true, maxReconnectAttempts: 100, reconnectTimeWait: 50 });
  const stop = async (): Promise<void> => {
    await connection.close();
    await server[Symbol.asyncDispose]();
  };
  return { url, server, connection, [Symbol.asyncDispose]: stop };
}
