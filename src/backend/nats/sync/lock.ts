import type { Wait } from "../../../util/wait-options.ts";
import { type Grant, type Lease, type LockPort, RLOCK } from "../../contract/lock.ts";
import type { Port } from "../../contract/port.ts";
import { isNamed } from "../names.ts";
import type { KindName } from "../port.ts";
import { LockState } from "./lock-state.ts";
import { type Known, knownFrom, SyncPort } from "./port.ts";
import type { Cluster } from "./sync.ts";

export class NatsLock extends SyncPort implements LockPort {
  readonly #state: LockState;

  private constructor(cluster: Cluster, kind: KindName, known: Known) {
    super(cluster, kind, known, "lock");
    const { sync } = cluster;
    const isRecursive = kind.name === RLOCK.name;
    this.#state = sync.enter(this.#name, () => new LockState(sync, this.key, { isNamed: isNamed(known.token), isRecursive }));
  }

  static open(cluster: Cluster, kind: KindName, token: string): NatsLock {
    const lock = new NatsLock(cluster, kind, { token, came: false });
    if (!isNamed(token)) void lock.sending(lock.#state.make()).catch(() => {});
    return lock;
  }

  /** Opens a lock that came in a message. */
  static attach(cluster: Cluster, kind: KindName, location: unknown): NatsLock {
    return new NatsLock(cluster, kind, knownFrom(location, `a ${kind.label}`));
  }

  again(): Port {
    return new NatsLock(this.cluster, this.kind, this.known);
  }

  get lease(): Lease | undefined {
    return this.#state.hold;
  }

  async acquire(wait: Wait, depth = 1): Promise<Grant> {
    const grant = await this.waitFor(wait, (waiting) => this.#state.acquire(waiting, depth));
    if (grant === undefined) return "refused";
    try {
      this.checkOpen();
    } catch (error) {
      await this.#state.giveBack(depth);
      throw error;
    }
    return grant;
  }

  async unlock(all = false): Promise<number> {
    return this.sending(this.ask(() => this.#state.unlock(all)));
  }

  async held(): Promise<number> {
    return this.#state.hold?.depth ?? 0;
  }

  protected override free(): void {
    this.cluster.sync.leave(this.#name);
  }

  // A Lock and an RLock of one name have one record, and each its own part in this process.
  get #name(): string {
    return `${this.kind.name}.${this.known.token}`;
  }
}
