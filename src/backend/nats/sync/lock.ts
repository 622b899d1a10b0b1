import { CorruptedError } from "../../../errors/errors.ts";
import type { Wait } from "../../../util/wait-options.ts";
import { type Grant, type Lease, type LockPort, RLOCK } from "../../contract/lock.ts";
import type { Port } from "../../contract/port.ts";
import { isNamed, isToken } from "../names.ts";
import { type KindName, NatsPort } from "../port.ts";
import { LockState } from "./lock-state.ts";
import type { Cluster } from "./sync.ts";

export class NatsLock extends NatsPort implements LockPort {
  override readonly attached: Promise<void>;
  readonly #cluster: Cluster;
  readonly #token: string;
  readonly #state: LockState;

  private constructor(cluster: Cluster, kind: KindName, token: string, attaches = false) {
    super(cluster.link, kind);
    this.#cluster = cluster;
    const { sync } = cluster;
    this.#token = token;
    const isRecursive = kind.name === RLOCK.name;
    this.#state = sync.enter(`${kind.name}.${token}`, () => new LockState(sync, token, isRecursive));
    this.attached = attaches && !isNamed(token) ? sync.records.exists(this.#state.key) : Promise.resolve();
  }

  static open(cluster: Cluster, kind: KindName, token: string): NatsLock {
    const lock = new NatsLock(cluster, kind, token);
    if (!isNamed(token)) {
      cluster.sync.own(lock.#state.key);
      void lock.sending(lock.#state.make()).catch(() => {});
    }
    return lock;
  }

  /** Opens a lock that came in a message. */
  static attach(cluster: Cluster, kind: KindName, location: unknown): NatsLock {
    const { token } = Object(location) as { readonly token?: unknown };
    if (!isToken(token)) throw new CorruptedError("A reference to a lock is malformed: its sender is no polyproc process.");
    return new NatsLock(cluster, kind, token, true);
  }

  again(): Port {
    return new NatsLock(this.#cluster, this.kind, this.#token);
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

  protected override location(): unknown {
    return { token: this.#token };
  }

  protected override free(): void {
    this.#cluster.sync.leave(`${this.kind.name}.${this.#token}`);
  }
}
