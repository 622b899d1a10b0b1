import { now } from "../../util/clock.ts";
import { randomName } from "../../util/random.ts";
import type { Wire, WireMessage } from "../contract/wire.ts";
import { isUnanswered, isUndecided } from "./errors.ts";
import type { Link } from "./link.ts";
import { tokenOf } from "./names.ts";
import { pause } from "./waiting.ts";

/** What a message has besides its bytes. */
const OVERHEAD = 4096;
/** Tasks that were given up are kept for two weeks. */
const KEPT_MS = 14 * 86_400_000;
const NANOS = 1_000_000;
/** A server must confirm that one is kept within so many milliseconds. */
const CONFIRM_MS = 20_000;
const RETRY_MS = 200;

/** The messages of one connection that the servers do not store. */
export class NatsWire implements Wire {
  readonly #link: Link;

  constructor(link: Link) {
    this.#link = link;
  }

  get namespace(): string {
    return this.#link.names.namespace;
  }

  get lease(): number {
    return this.#link.lease;
  }

  get mostBytes(): number {
    return this.#link.maxPayload - OVERHEAD;
  }

  // It is a subject of the namespace, because a client may publish to no other client's inbox.
  inbox(): string {
    return `${this.#inboxes}${randomName(16)}`;
  }

  isInbox(subject: unknown): subject is string {
    return typeof subject === "string" && subject.startsWith(this.#inboxes) && !/[\s*>]/.test(subject);
  }

  subject(kind: string, ...parts: readonly string[]): string {
    return ["mp", this.namespace, kind, ...parts.map(tokenOf)].join(".");
  }

  publish(subject: string, bytes: Uint8Array, reply?: string): void {
    if (!this.#link.connection.isClosed()) this.#link.connection.publish(subject, bytes, reply === undefined ? {} : { reply });
  }

  // On Node the bytes are a part of a buffer that holds much more, so they are copied.
  subscribe(subject: string, came: (message: WireMessage) => void, group?: string): () => void {
    this.#link.checkOpen();
    const subscription = this.#link.connection.subscribe(subject, {
      callback: (error, { data, reply = "" }) => {
        if (error === null || error === undefined) came({ bytes: new Uint8Array(data), reply });
      },
      ...(group === undefined ? {} : { queue: group }),
    });
    return () => subscription.unsubscribe();
  }

  async request(subject: string, bytes: Uint8Array, ms: number): Promise<Uint8Array | "nobody" | "silence"> {
    try {
      const options = { timeout: ms, noMux: true, reply: this.inbox() };
      return new Uint8Array((await this.#link.connection.request(subject, bytes, options)).data);
    } catch (error) {
      const { RequestError } = this.#link.packages.transport;
      return error instanceof RequestError && error.isNoResponders() ? "nobody" : "silence";
    }
  }

  async keepDeadLetter(bytes: Uint8Array): Promise<void> {
    const kept = this.#keep(bytes, randomName(12));
    this.#link.unsent.add(kept);
    await kept.finally(() => this.#link.unsent.delete(kept));
  }

  async flush(): Promise<void> {
    await this.#link.connection.flush();
  }

  get #inboxes(): string {
    return `mp.${this.namespace}.to.`;
  }

  // It is tried for a while, because the servers may be about to choose a leader.
  async #keep(bytes: Uint8Array, id: string): Promise<void> {
    for (const until = now() + CONFIRM_MS; ; await pause(RETRY_MS)) {
      try {
        return await this.#store(bytes, id);
      } catch (error) {
        if (now() > until || !(isUnanswered(error) || isUndecided(error))) throw error;
        this.#link.checkOpen();
      }
    }
  }

  async #store(bytes: Uint8Array, msgID: string): Promise<void> {
    const { names, packages } = this.#link;
    await this.#link.stream({
      name: names.deadLetters,
      subjects: [names.deadLetter],
      retention: packages.jetstream.RetentionPolicy.Limits,
      storage: packages.jetstream.StorageType.File,
      max_age: KEPT_MS * NANOS,
    });
    await this.#link.client.publish(names.deadLetter, bytes, { msgID });
  }

  onClose(end: () => Promise<void>): () => void {
    this.#link.endings.add(end);
    return () => this.#link.endings.delete(end);
  }
}
