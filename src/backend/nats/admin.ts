import type { StreamInfo } from "@nats-io/jetstream";
import type { Findings } from "../contract/backend.ts";
import type { ClusterAdmin, ClusterQueueFacts, DeadLetter } from "../contract/cluster.ts";
import { isMissing, ourError } from "./errors.ts";
import type { Link } from "./link.ts";
import { nameIn } from "./names.ts";
import { CONSUMER, isShut, REDELIVERS } from "./queue/queue-stream.ts";

/** Older versions may lose a stream when the server crashes. */
const SAFE = [2, 10, 23] as const;
/** So much of the servers' store may be in use. */
const MOST_USED = 0.9;

type Lines = (readonly [label: string, text: string])[];

/** What is told about a namespace to those who look after it. */
export class NatsAdmin implements ClusterAdmin {
  readonly #link: Link;

  constructor(link: Link) {
    this.#link = link;
  }

  async queues(): Promise<readonly ClusterQueueFacts[]> {
    try {
      const found: ClusterQueueFacts[] = [];
      for await (const info of this.#link.manager.streams.list(this.#link.names.everything)) {
        const token = this.#link.names.tokenIn(info.config.name);
        if (token !== undefined) found.push(await this.#factsOf(info, token));
      }
      return found.sort((a, b) => (a.stream < b.stream ? -1 : 1));
    } catch (error) {
      throw ourError(error);
    }
  }

  async deadLetters(): Promise<readonly DeadLetter[]> {
    const { manager, names } = this.#link;
    try {
      const found: DeadLetter[] = [];
      const { state } = await manager.streams.info(names.deadLetters);
      for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
        const bytes = await this.#deadLetter(seq);
        if (bytes !== undefined) found.push({ number: seq, bytes });
      }
      return found;
    } catch (error) {
      if (isMissing(error)) return [];
      throw ourError(error);
    }
  }

  async deadLetter(number: number): Promise<Uint8Array | undefined> {
    try {
      return await this.#deadLetter(number);
    } catch (error) {
      throw ourError(error);
    }
  }

  async dropDeadLetter(number: number): Promise<boolean> {
    try {
      return await this.#link.manager.streams.deleteMessage(this.#link.names.deadLetters, number, false);
    } catch (error) {
      if (isMissing(error)) return false;
      throw ourError(error);
    }
  }

  async examine(): Promise<Findings> {
    const lines: Lines = [];
    const advice: string[] = [];
    try {
      this.#examineServer(lines, advice);
      await this.#examineStore(lines, advice);
      await this.#examineStreams(lines, advice);
    } catch (error) {
      throw ourError(error);
    }
    return { lines, advice };
  }

  async #deadLetter(seq: number): Promise<Uint8Array | undefined> {
    const { manager, names } = this.#link;
    const message = await manager.streams.getMessage(names.deadLetters, { seq }).catch(orMissing);
    return message === null || message === undefined ? undefined : new Uint8Array(message.data);
  }

  async #factsOf({ config, state }: StreamInfo, token: string): Promise<ClusterQueueFacts> {
    const { num_pending: size, num_ack_pending: taken } = await this.#link.manager.consumers.info(config.name, CONSUMER);
    return {
      name: nameIn(token) ?? null,
      stream: config.name,
      isJoinable: config.metadata?.[REDELIVERS] === "true",
      isShutDown: isShut({ config }, this.#link.names.shutDown(token)),
      size,
      taken,
      maxsize: Math.max(0, config.max_msgs),
      bytes: state.bytes,
    };
  }

  #examineServer(lines: Lines, advice: string[]): void {
    const { info } = this.#link.connection;
    const version = info?.version ?? "unknown";
    lines.push(["server", `${info?.server_name ?? "unknown"}, version ${version}`]);
    lines.push([
      "cluster",
      info?.cluster === undefined ? "one server" : `"${info.cluster}": ${info.connect_urls?.join(", ") ?? "unknown"}`,
    ]);
    if (isOlder(version)) advice.push(`nats-server ${version} may lose a queue when it crashes: install ${SAFE.join(".")} or later.`);
    if (info?.cluster === undefined)
      advice.push("There is one server: when its machine is lost, so are all objects. Three servers keep three copies.");
    if (info?.tls_required !== true)
      advice.push("The connection is not encrypted: set `tls` in the configuration of the server before other hosts use it.");
  }

  async #examineStore(lines: Lines, advice: string[]): Promise<void> {
    const { storage, streams, limits } = await this.#link.manager.getAccountInfo();
    const most = limits.max_storage;
    lines.push(["store", `${storage} bytes in ${streams} streams${most > 0 ? ` of ${most} bytes` : ""}`]);
    if (most > 0 && storage > most * MOST_USED)
      advice.push(`The store is nearly full: ${storage} of ${most} bytes. Puts are refused when it is full.`);
  }

  async #examineStreams(lines: Lines, advice: string[]): Promise<void> {
    let count = 0;
    for await (const { config, cluster, state } of this.#link.manager.streams.list(this.#link.names.everything)) {
      const token = this.#link.names.tokenIn(config.name);
      if (token === undefined) continue;
      count++;
      const late = cluster?.replicas?.filter(({ current, offline }) => offline === true || !current).map(({ name }) => name) ?? [];
      if (late.length > 0) advice.push(`${config.name}: the copies on ${late.join(", ")} are not current: start these servers.`);
      const consumer = await this.#link.manager.consumers.info(config.name, CONSUMER);
      const stuck = state.messages - consumer.num_pending - consumer.num_ack_pending;
      if (stuck > 0)
        advice.push(
          `${config.name}: ${stuck} items are neither waiting nor taken. If that lasts, install a newer nats-server, and restart it.`,
        );
    }
    lines.push(["namespace", `${this.#link.names.namespace}: ${count} queues`]);
  }
}

function isOlder(version: string): boolean {
  const numbers = version.split(".").map((part) => Number.parseInt(part, 10) || 0);
  for (const [i, least] of SAFE.entries()) if ((numbers[i] ?? 0) !== least) return (numbers[i] ?? 0) < least;
  return false;
}

function orMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error;
}
