import type { BackendProvider, Findings } from "./backend.ts";
import type { Wire } from "./wire.ts";

/**
 * The proof of who this process is: a `.creds` file, a user and a password, a token, or the seed of an nkey. Give it from a file or a secret
 * store: command lines and environment variables are seen by others.
 */
export type ClusterCredentials =
  | { readonly file: string }
  | { readonly user: string; readonly password: string }
  | { readonly token: string }
  | { readonly seed: string };

/** Paths of PEM files for an encrypted connection. */
export interface ClusterTls {
  /** The authority that signed the certificates of the servers. */
  readonly ca?: string | undefined;
  /** The certificate of this client, for servers that ask for one. */
  readonly cert?: string | undefined;
  /** The private key of that certificate. */
  readonly key?: string | undefined;
}

/** How to connect to a cluster: options that were checked. */
export interface ClusterSettings {
  readonly servers: readonly string[];
  readonly namespace: string;
  readonly credentials: ClusterCredentials | undefined;
  readonly tls: ClusterTls | undefined;
  /** In milliseconds. `undefined`: the one that the namespace has. */
  readonly lease: number | undefined;
}

/** A queue of a namespace, as `polyproc cluster queues` shows it. */
export interface ClusterQueueFacts {
  /** Its name; `null` if it has none, or if the servers know only its hash. */
  readonly name: string | null;
  /** The name of its stream. */
  readonly stream: string;
  /** Whether its items belong to a consumer until they are done. */
  readonly isJoinable: boolean;
  readonly isShutDown: boolean;
  /** The number of items that nobody has taken. */
  readonly size: number;
  /** The number of items that were taken and are not done. */
  readonly taken: number;
  /** 0 means that it has no limit. */
  readonly maxsize: number;
  /** How many bytes its items have on the servers. */
  readonly bytes: number;
}

/** A task of a pool that was given up, because its workers died. */
export interface DeadLetter {
  /** Its number in the stream of dead letters. */
  readonly number: number;
  /** What was stored. Anybody in the namespace may have written it. */
  readonly bytes: Uint8Array;
}

/** What is told about a namespace to those who look after it. */
export interface ClusterAdmin {
  queues(): Promise<readonly ClusterQueueFacts[]>;
  /** Returns the tasks that were given up, the oldest first. */
  deadLetters(): Promise<readonly DeadLetter[]>;
  /** Returns what was stored of one. `undefined` if there is none of that number. */
  deadLetter(number: number): Promise<Uint8Array | undefined>;
  /** Removes a dead letter. False if there is none of that number. */
  dropDeadLetter(number: number): Promise<boolean>;
  /** Looks whether the servers are as this library needs them. */
  examine(): Promise<Findings>;
}

/** A connection to a namespace. */
export interface ConnectedCluster {
  readonly provider: BackendProvider;
  readonly admin: ClusterAdmin;
  readonly wire: Wire;
  /** Completes the puts of this process, and closes the connection. */
  close(): Promise<void>;
}

/** The module that connects to clusters. It is loaded by its URL, because Deno checks the types of all that a program can import. */
export interface ClusterModule {
  connect(settings: ClusterSettings): Promise<ConnectedCluster>;
  newKeys(): Promise<{ readonly id: string; readonly seed: string }>;
}
