import { NO_REFS } from "../backend/contract/message.ts";
import type { Ref } from "../backend/contract/ref.ts";
import type { Wire } from "../backend/contract/wire.ts";
import { ClosedError } from "../errors/errors.ts";
import { note } from "../observe/events.ts";
import type { PoolSettings } from "../pool/options.ts";
import type { LostTask, WorkerLink, WorkerSource } from "../pool/worker-source.ts";
import type { TargetRef } from "../target/target.ts";
import { letterOf } from "./dead-letters.ts";
import { Exchange } from "./exchange.ts";
import { Mailbox } from "./mailbox.ts";
import { refForHosts } from "./modules.ts";
import { Places } from "./places.ts";
import type { Program } from "./program.ts";
import { refuseObjects } from "./refuse-objects.ts";
import { RemoteWorker } from "./remote-worker.ts";

/** Gets the workers of a pool from the agents of a cluster. */
export class RemoteWorkers implements WorkerSource {
  readonly results: Mailbox = new Mailbox();
  readonly sendsAhead = false;
  readonly #wire: Wire;
  readonly #exchange: Exchange;
  readonly #places: Places;
  readonly #settings: PoolSettings;
  readonly #program: Program;
  readonly #workers = new Set<RemoteWorker>();
  readonly #unhook: () => void;
  #isClosed = false;

  constructor(wire: Wire, settings: PoolSettings, program: Program) {
    this.#wire = wire;
    this.#settings = settings;
    this.#program = program;
    this.#exchange = new Exchange(wire);
    this.#places = new Places(this.#exchange, settings.group, program.version);
    this.#unhook = wire.onClose(async () => this.#cut());
  }

  nameFor(ref: TargetRef): TargetRef {
    return refForHosts(ref, this.#program.root);
  }

  checkRefs(refs: readonly Ref[]): void {
    refuseObjects(refs, "workers");
  }

  lost(task: LostTask): void {
    const bytes = letterOf(task, this.#settings, this.#program.version, this.#wire.mostBytes);
    void this.#wire.keepDeadLetter(bytes).catch((why: unknown) => {
      note("warning", () => `a task that was given up could not be kept as a dead letter: ${String(why)}`);
    });
  }

  start(worker: number): WorkerLink {
    if (this.#isClosed) throw new ClosedError("The connection to the cluster is closed: call connectCluster() again.");
    const { name, initializer, process } = this.#settings;
    const made = new RemoteWorker(
      `${name}-worker-${worker}`,
      { pool: name, worker, initializes: initializer !== undefined, grace: process.grace },
      {
        results: (bytes) => void this.results.put({ bytes, refs: NO_REFS }),
        ended: () => {
          this.#workers.delete(made);
          this.#places.look();
        },
      },
    );
    this.#workers.add(made);
    this.#places.add(made);
    return made;
  }

  close(): void {
    this.#cut();
    this.results.close();
  }

  // Ends what needs the connection. The pool hears that its workers are gone.
  #cut(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#unhook();
    for (const worker of [...this.#workers]) if (worker.isWaiting) worker.kill();
    this.#places.close();
    this.#exchange.close();
  }
}
