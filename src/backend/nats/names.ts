// The names of what a namespace has in NATS. Streams and buckets begin with "MP_<namespace>_", subjects with "mp.<namespace>.".
import { crypto } from "../../util/lazy-modules.ts";
import { randomName } from "../../util/random.ts";

const PLAIN = /^[A-Za-z0-9_-]{1,100}$/;

/** Returns the token for an object's name. NATS allows few characters, so all other names are hashed. */
export function tokenOf(name: string): string {
  return PLAIN.test(name) ? `n-${name}` : `h-${crypto().createHash("sha256").update(name).digest("base64url")}`;
}

/** The keys of the records of objects without names begin like this. */
export const UNNAMED = "unnamed.";

/** Returns the token of an object without a name. No other object has it, and it tells which process has made the object. */
export function randomToken(owner: string): string {
  return `r-${owner}-${randomName(8)}`;
}

/** Returns the process that has made an object without a name, by its token or the key of its record. */
export function ownerIn(name: string): string | undefined {
  return /(?:^|\.)r-([0-9a-f]+)-[0-9a-f]+$/.exec(name)?.[1];
}

/** Returns the key of the record of an object. */
export function recordKey(kind: string, token: string): string {
  return `${isNamed(token) ? "" : UNNAMED}${kind}.${token}`;
}

/** Whether an object has a name, by which any process finds it. */
export function isNamed(token: string): boolean {
  return !token.startsWith("r-");
}

/** Returns the name of an object, if its token tells it. */
export function nameIn(token: string): string | undefined {
  return token.startsWith("n-") ? token.slice(2) : undefined;
}

/** Whether another process may have made this token. */
export function isToken(value: unknown): value is string {
  return typeof value === "string" && /^[nhr]-[A-Za-z0-9_-]{1,100}$/.test(value);
}

/** The names in one namespace. */
export class Names {
  readonly namespace: string;

  constructor(namespace: string) {
    this.namespace = namespace;
  }

  /** The stream of a queue. */
  queue(token: string): string {
    return `MP_${this.namespace}_Q_${token}`;
  }

  /** The token of the queue whose stream has this name, or `undefined` if it is no queue of this namespace. */
  tokenIn(stream: string): string | undefined {
    const start = this.queue("");
    return stream.startsWith(start) ? stream.slice(start.length) : undefined;
  }

  /** The subject to which items of a queue are published. */
  items(token: string): string {
    return `mp.${this.namespace}.q.${token}`;
  }

  /** The subject that the stream of a queue has after `shutdown()`. Nobody publishes to it. */
  shutDown(token: string): string {
    return `mp.${this.namespace}.shut.${token}`;
  }

  /** The subject on which those who wait hear that a queue has changed. Its messages are not stored, and may be lost. */
  hints(token: string): string {
    return `mp.${this.namespace}.hint.${token}`;
  }

  /** What all subjects of the namespace match. */
  get everything(): string {
    return `mp.${this.namespace}.>`;
  }

  /** The bucket of the records of locks, semaphores, events, values and sessions. */
  get state(): string {
    return `MP_${this.namespace}_STATE`;
  }

  /** The bucket of items that are too large for a message. */
  get largeItems(): string {
    return `MP_${this.namespace}_ITEMS`;
  }

  /** The stream of the tasks that were given up. */
  get deadLetters(): string {
    return `MP_${this.namespace}_DLQ`;
  }

  /** The subject to which they are published. */
  get deadLetter(): string {
    return `mp.${this.namespace}.dlq`;
  }
}
