// The connection to the servers, as NATS gives it.
import type { Authenticator, NatsConnection, NodeConnectionOptions } from "@nats-io/transport-node";
import { AuthenticationError, StateError, UnsupportedError } from "../../errors/errors.ts";
import { now, repeat, stopTimer, type Timer } from "../../util/clock.ts";
import { fs } from "../../util/lazy-modules.ts";
import type { ClusterCredentials, ClusterSettings } from "../contract/cluster.ts";
import { ourError } from "./errors.ts";
import type { Packages } from "./packages.ts";

/** A server must reply to a new connection within so many milliseconds. */
const CONNECT_MS = 5000;
const RECONNECT_MS = 250;
/** Each connection asks its server so often, in milliseconds, whether it is there, and looks for another one if it does not reply. */
const HEARTBEAT_MS = 5000;
const MOST_SILENCE_MS = 12_000;
/** The first version whose replies tell the time, which leases need. */
const OLDEST = [2, 10] as const;

/** The parts of a connection of NATS that keep the event loop alive, and have no public way to let it go. */
interface Internals {
  readonly protocol?: {
    readonly transport?: { readonly socket?: { unref?(): void } };
    readonly heartbeats?: { readonly timer?: { unref?(): void } };
  };
}

/**
 * Connects to one of the servers.
 *
 * @param inboxPrefix the first part of the subjects on which this process gets replies
 */
export async function connect({ transport }: Packages, settings: ClusterSettings, inboxPrefix: string): Promise<NatsConnection> {
  const { servers, namespace, credentials, tls } = settings;
  const options: NodeConnectionOptions = {
    servers: [...servers],
    name: `polyproc ${namespace} ${process.pid}`,
    timeout: CONNECT_MS,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_MS,
    // The own heartbeat below does not keep the event loop alive.
    pingInterval: 2 ** 31 - 1,
    inboxPrefix,
    // Each request would note where it began, for the case that it fails. That takes longer than the request.
    noAsyncTraces: true,
    ...(credentials && { authenticator: authenticatorOf(transport, credentials) }),
    ...(tls && {
      tls: { ...(tls.ca && { caFile: tls.ca }), ...(tls.cert && { certFile: tls.cert }), ...(tls.key && { keyFile: tls.key }) },
    }),
  };
  let connection: NatsConnection;
  try {
    connection = await transport.connect(options);
  } catch (error) {
    throw connectError(error, servers);
  }
  try {
    checkVersion(connection.info?.version ?? "0");
  } catch (error) {
    await connection.close();
    throw error;
  }
  watch(connection);
  return connection;
}

function authenticatorOf(transport: Packages["transport"], credentials: ClusterCredentials): Authenticator {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  if ("file" in credentials) return transport.credsAuthenticator(fs().readFileSync(credentials.file));
  if ("seed" in credentials) return transport.nkeyAuthenticator(bytes(credentials.seed));
  if ("token" in credentials) return transport.tokenAuthenticator(credentials.token);
  return transport.usernamePasswordAuthenticator(credentials.user, credentials.password);
}

function connectError(error: unknown, servers: readonly string[]): unknown {
  const { name, message } = error as Error;
  const where = servers.join(", ");
  if (name === "AuthorizationError" || /authoriz|authentic/i.test(message))
    return new AuthenticationError(`The server at ${where} does not know this process, or refuses it: check the option \`creds\`.`, {
      cause: error,
    });
  if (["ConnectionError", "TimeoutError", "Error"].includes(name) || "errno" in (error as Error))
    return new StateError(
      `No connection to a NATS server at ${where}: ${message}. Check the address and the option \`tls\`; \`nats-server -js\` starts a server.`,
      { cause: error },
    );
  return ourError(error);
}

function checkVersion(version: string): void {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  throw new UnsupportedError(
    `The NATS server has version ${version}, and this library needs ${OLDEST.join(".")} or later: install a newer one.`,
  );
}

// Looks that the server is there, and keeps what NATS starts from keeping the event loop alive: pending calls do that themselves.
function watch(connection: NatsConnection): void {
  let heard = now();
  const letGo = (): void => {
    const { protocol } = connection as Internals;
    protocol?.transport?.socket?.unref?.();
    protocol?.heartbeats?.timer?.unref?.();
  };
  const timer: Timer = repeat(() => {
    if (connection.isClosed()) return stopTimer(timer);
    letGo();
    connection.flush().then(
      () => (heard = now()),
      () => {},
    );
    if (now() - heard < MOST_SILENCE_MS) return;
    heard = now();
    void connection.reconnect().catch(() => {});
  }, HEARTBEAT_MS);
  letGo();
  void connection.closed().then(() => stopTimer(timer));
  void (async () => {
    for await (const { type } of connection.status())
      if (type === "reconnect") {
        heard = now();
        letGo();
      }
  })();
}
