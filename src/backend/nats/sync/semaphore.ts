import type { Wait } from "../../../util/wait-options.ts";
import type { Grant } from "../../contract/lock.ts";
import type { Port } from "../../contract/port.ts";
import { BOUNDED_SEMAPHORE, type SemaphorePort, type SemaphoreSettings } from "../../contract/semaphore.ts";
import type { KindName } from "../port.ts";
import { Made } from "./made.ts";
import { checkPermits, checkSettings, newPermits } from "./permits.ts";
import { type Known, knownFrom, SyncPort } from "./port.ts";
import type { Fields } from "./records.ts";
import { SemaphoreState } from "./semaphore-state.ts";
import type { Cluster } from "./sync.ts";

export class NatsSemaphore extends SyncPort implements SemaphorePort {
  readonly #made: Made;
  readonly #state: SemaphoreState;

  /** @param first its settings, if this process makes it; or what another port of it has */
  private constructor(cluster: Cluster, kind: KindName, known: Known, first: SemaphoreSettings | Made | undefined) {
    super(cluster, kind, known, "semaphore");
    const { sync } = cluster;
    this.#made = first instanceof Made ? first : this.#make(first);
    this.#state = sync.enter(this.key, () => new SemaphoreState(sync, this.key, kind.label));
  }

  static open(cluster: Cluster, kind: KindName, token: string, settings: SemaphoreSettings): NatsSemaphore {
    const semaphore = new NatsSemaphore(cluster, kind, { token, came: false }, settings);
    // A failure comes with the first call.
    void semaphore.sending(semaphore.#made.ready()).catch(() => {});
    return semaphore;
  }

  /** Opens a semaphore that came in a message. */
  static attach(cluster: Cluster, kind: KindName, location: unknown): NatsSemaphore {
    return new NatsSemaphore(cluster, kind, knownFrom(location, `a ${kind.label}`), undefined);
  }

  again(): Port {
    return new NatsSemaphore(this.cluster, this.kind, this.known, this.#made);
  }

  async acquire(wait: Wait): Promise<Grant> {
    const grant = await this.waitFor(wait, async (waiting) => {
      await waiting.orOver(waiting.patiently(() => this.#made.ready()));
      return this.#state.acquire(waiting);
    });
    if (grant === undefined) return "refused";
    try {
      this.checkOpen();
    } catch (error) {
      await this.#state.giveBack();
      throw error;
    }
    return grant;
  }

  async post(): Promise<void> {
    const posted = this.ask(async () => {
      await this.#made.ready();
      await this.#state.post();
    });
    await this.sending(posted);
  }

  async value(): Promise<number> {
    return this.ask(async () => {
      await this.#made.ready();
      return this.#state.value();
    });
  }

  protected override free(): void {
    this.cluster.sync.leave(this.key);
  }

  #make(settings: SemaphoreSettings | undefined): Made {
    const isBounded = this.kind.name === BOUNDED_SEMAPHORE.name;
    const check = (fields: Fields): void => {
      const permits = checkPermits(this.key, fields);
      if (settings !== undefined) checkSettings(permits, settings, isBounded);
    };
    return new Made(this.cluster.sync, this.key, this.kind.label, settings && newPermits(settings, isBounded), check);
  }
}
