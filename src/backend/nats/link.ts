import type { JetStreamClient, JetStreamManager, StreamConfig, StreamInfo } from "@nats-io/jetstream";
import type { Msg, NatsConnection } from "@nats-io/transport-node";
import { UnsupportedError } from "../../errors/errors.ts";
import { allSettled } from "../../util/all-settled.ts";
import { now, sleep } from "../../util/clock.ts";
import { holdEventLoop } from "../../util/event-loop.ts";
import { randomName } from "../../util/random.ts";
import { upTo } from "../../util/wait-options.ts";
import { endsWithin } from "../../util/within.ts";
import type { ClusterSettings } from "../contract/cluster.ts";
import type { WaitingPort } from "../contract/port.ts";
import { connect } from "./connection.ts";
import { closedConnection, existsOtherwise, hasFewServers, ourError } from "./errors.ts";
import { Names } from "./names.ts";
import type { Packages } from "./packages.ts";

/** Each stream has so many copies where the cluster has as many servers, so that it survives the loss of one. */
const COPIES = 3;
/** Servers that have just started do not know each other for so many milliseconds at most. */
const ELECTION_MS = 5000;
const RETRY_MS = 250;
/** A cluster that lacked servers is not asked for more copies for so many milliseconds. */
const LACK_MS = 30_000;
/** `close()` waits so many milliseconds at most, and so many of them for the puts: for servers that do not reply, and for room in full queues. */
const CLOSE_MS = 5000;
const PUTS_MS = 3000;

/** A port that is open. */
interface OpenPort extends WaitingPort {
  /** Rejects this port's waiting calls, and its puts that are not complete. */
  cut(reason: () => Error): void;
}

/** The connection of this process to one namespace of a cluster, with what all its objects share. */
export class Link {
  readonly packages: Packages;
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly client: JetStreamClient;
  readonly names: Names;
  /** In milliseconds. It is the same in all processes of the namespace, which tells it when it is asked: see `agreeOnLease`. */
  lease = 0;
  /** The ports that are open. */
  readonly ports: Set<OpenPort> = new Set<OpenPort>();
  /** Puts that are not complete. */
  readonly unsent: Set<Promise<unknown>> = new Set<Promise<unknown>>();
  /** Called before the connection closes. */
  readonly endings: Set<() => Promise<void>> = new Set<() => Promise<void>>();
  readonly #copies: number;
  // Until then, what is made gets one copy, because the cluster lacked servers.
  #lacksUntil = 0;
  #maxPayload: number;
  #closing: Promise<void> | undefined;

  readonly #inboxPrefix: string;

  private constructor(
    packages: Packages,
    connection: NatsConnection,
    manager: JetStreamManager,
    settings: ClusterSettings,
    inboxPrefix: string,
  ) {
    this.#inboxPrefix = inboxPrefix;
    this.packages = packages;
    this.connection = connection;
    this.manager = manager;
    this.client = manager.jetstream();
    this.names = new Names(settings.namespace);
    this.#maxPayload = connection.info?.max_payload ?? 0;
    this.#copies = connection.info?.cluster === undefined ? 1 : COPIES;
  }

  static async open(packages: Packages, settings: ClusterSettings): Promise<Link> {
    // Clients that share an account can be given permissions that keep them from reading each other's replies.
    const inboxPrefix = `_INBOX.${settings.namespace}.${randomName(8)}`;
    const connection = await connect(packages, settings, inboxPrefix);
    try {
      return new Link(packages, connection, await packages.jetstream.jetstreamManager(connection), settings, inboxPrefix);
    } catch (error) {
      await connection.close();
      if ((error as Error).name !== "JetStreamNotEnabled") throw ourError(error);
      throw new UnsupportedError("JetStream is off on this NATS server: start it with `nats-server -js`, or turn it on for this account.", {
        cause: error,
      });
    }
  }

  get isClosed(): boolean {
    return this.#closing !== undefined;
  }

  /** The largest number of bytes of a message. It is known also while the connection is broken. */
  get maxPayload(): number {
    this.#maxPayload = this.connection.info?.max_payload ?? this.#maxPayload;
    return this.#maxPayload;
  }

  /** Throws `ClosedError` after `close()`. */
  checkOpen(): void {
    if (this.isClosed) throw closedConnection();
  }

  /** Makes a stream, or returns the one that has this name already, whatever its settings are. */
  async stream(config: Partial<StreamConfig> & { readonly name: string }): Promise<StreamInfo> {
    try {
      return await this.copied((copies) => this.manager.streams.add({ ...config, num_replicas: copies }));
    } catch (error) {
      if (existsOtherwise(error)) return this.manager.streams.info(config.name);
      throw error;
    }
  }

  /** Calls `make` with the number of copies that a stream or bucket should have. A cluster that lacks servers for a while gets one copy. */
  async copied<T>(make: (copies: number) => Promise<T>): Promise<T> {
    // A cluster that lacked servers before gets no second time for its election.
    for (const until = now() + (this.#lacksUntil === 0 ? ELECTION_MS : 0); ; ) {
      const copies = now() < this.#lacksUntil ? 1 : this.#copies;
      try {
        return await make(copies);
      } catch (error) {
        if (copies === 1 || !hasFewServers(error)) throw error;
        if (now() >= until) this.#lacksUntil = now() + LACK_MS;
        else await sleep(RETRY_MS);
      }
    }
  }

  /** Returns a subject on which only this process hears. */
  inbox(): string {
    return this.packages.transport.createInbox(this.#inboxPrefix);
  }

  /** Publishes a message that is not stored. It is lost if nobody hears it. */
  publish(subject: string, text = "", reply?: string): void {
    if (!this.connection.isClosed()) this.connection.publish(subject, text, reply === undefined ? {} : { reply });
  }

  /** Publishes a message that is not stored, and waits for an answer, `ms` milliseconds at most. */
  async confirmed(subject: string, text: string, ms: number): Promise<void> {
    if (!this.connection.isClosed()) await this.connection.request(subject, text, { timeout: ms }).catch(() => {});
  }

  /** Calls `came` for each message of a subject. The returned function ends that. */
  onMessage(subject: string, came: (message: Msg) => void): () => void {
    const subscription = this.connection.subscribe(subject, { callback: (_, message) => came(message) });
    return () => subscription.unsubscribe();
  }

  async flushed(): Promise<void> {
    await allSettled(this.unsent);
  }

  /** Completes the puts, and closes the connection. Waiting calls reject with `ClosedError`. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    for (const port of [...this.ports]) port.withdraw(closedConnection);
    const ended = async (): Promise<void> => {
      await endsWithin(this.flushed(), upTo(PUTS_MS));
      for (const port of [...this.ports]) {
        port.cut(closedConnection);
        port.release();
      }
      await Promise.allSettled([...this.endings].map((end) => end()));
      await this.connection.drain();
    };
    const letGo = holdEventLoop();
    await endsWithin(
      ended().catch(() => {}),
      upTo(CLOSE_MS),
    );
    await this.connection.close();
    letGo();
  }
}
