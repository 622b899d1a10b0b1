import { CorruptedError } from "../../../errors/errors.ts";
import { isNamed, isToken, recordKey } from "../names.ts";
import { type KindName, NatsPort } from "../port.ts";
import type { Cluster } from "./sync.ts";

/** An object whose state is a record, as one process came to know it. */
export interface Known {
  readonly token: string;
  /** Whether it came in a message, so that another process has made it. */
  readonly came: boolean;
}

/** The common part of the ports to locks and the like. */
export abstract class SyncPort extends NatsPort {
  override readonly attached: Promise<void>;
  protected readonly cluster: Cluster;
  protected readonly known: Known;
  /** The key of its record. */
  protected readonly key: string;

  /** @param records the first part of the keys of such records */
  constructor(cluster: Cluster, kind: KindName, known: Known, records: string) {
    super(cluster.link, kind);
    this.cluster = cluster;
    this.known = known;
    this.key = recordKey(records, known.token);
    this.attached = known.came && !isNamed(known.token) ? cluster.sync.records.exists(this.key) : Promise.resolve();
  }

  protected override location(): unknown {
    return { token: this.known.token };
  }
}

/** Returns an object that came in a message. */
export function knownFrom(location: unknown, what: string): Known {
  const { token } = Object(location) as { readonly token?: unknown };
  if (!isToken(token)) throw new CorruptedError(`A reference to ${what} is malformed: its sender is no polyproc process.`);
  return { token, came: true };
}
