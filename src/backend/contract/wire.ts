/** A message that came over a {@link Wire}. */
export interface WireMessage {
  readonly bytes: Uint8Array;
  /** The subject on which the sender hears; empty if it does not say. */
  readonly reply: string;
}

/**
 * Messages between the processes of a cluster that the servers do not store. They come in their order, or not at all: a message is lost if nobody
 * hears its subject, and if a server ends.
 */
export interface Wire {
  readonly namespace: string;
  /** The time in milliseconds after which a silent process counts as dead. */
  readonly lease: number;
  /** A message may have so many bytes. */
  readonly mostBytes: number;
  /** Returns a subject that no other process has. What begins with it and a "." is its own, too. */
  inbox(): string;
  /** Whether a subject can be where another process hears. Nothing is sent to other subjects that came in a message. */
  isInbox(subject: unknown): subject is string;
  /** Returns a subject of this namespace. Parts with characters that no subject may have are hashed. */
  subject(kind: string, ...parts: readonly string[]): string;
  publish(subject: string, bytes: Uint8Array, reply?: string): void;
  /** Calls `came` for each message, or shares the messages with all that give the same `group`. The returned function ends that. */
  subscribe(subject: string, came: (message: WireMessage) => void, group?: string): () => void;
  /** Asks whoever hears the subject. "nobody" hears it, or "silence" if no reply came in time. */
  request(subject: string, bytes: Uint8Array, ms: number): Promise<Uint8Array | "nobody" | "silence">;
  /** Stores what is known of a task that was given up, for those who look after the cluster. */
  keepDeadLetter(bytes: Uint8Array): Promise<void>;
  /** Resolves when the servers know what this process subscribes to. */
  flush(): Promise<void>;
  /** Calls `end` before the connection closes. The returned function cancels that. */
  onClose(end: () => Promise<void>): () => void;
}
