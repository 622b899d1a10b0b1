import type { Message } from "../backend/contract/message.ts";
import type { QueuePort } from "../backend/contract/queue.ts";
import { chooseBackend } from "../backend/registry.ts";
import { ProcessDiedError } from "../errors/errors.ts";
import { bindLaunch } from "../launch/bound.ts";
import type { ProcessSettings } from "../launch/options.ts";
import type { StartMethod } from "../launch/start-method.ts";
import { bindBackend } from "../objects/backend-binding.ts";
import { openPort } from "../objects/shared-object.ts";
import { FileMark, type ParentMark, SharedMark } from "../pool/marks.ts";
import type { WorkerArguments } from "../pool/worker/main.ts";
import type { WorkerEnding, WorkerLink, WorkerSource } from "../pool/worker-source.ts";
import { OWN_MODULES } from "../target/provided.ts";
import { unheld } from "../util/event-loop.ts";
import { FOREVER } from "../util/wait-options.ts";
import { Process } from "./process.ts";
import { SharedValue } from "./shared-value.ts";
import { internalQueues, type SimpleQueue } from "./simple-queue.ts";

/** What the workers of a pool on this host are like. */
export interface LocalSettings {
  readonly name: string;
  /** The options of each worker's process. */
  readonly process: ProcessSettings;
  /** Whether the first entry for each worker is a call of the pool's initializer. */
  readonly initializes: boolean;
  /** Whether the pool is on another host. */
  readonly isFar: boolean;
}

/** Starts the workers of a pool as processes of this host. */
export class LocalWorkers implements WorkerSource {
  readonly results: QueuePort;
  readonly sendsAhead = true;
  readonly #settings: LocalSettings;
  readonly #queue: SimpleQueue;
  readonly #Process: typeof Process;
  readonly #Queue: typeof SimpleQueue;
  readonly #Value: typeof SharedValue;
  readonly #hasMemory: boolean;

  constructor(settings: LocalSettings, backend: string | undefined, method: StartMethod | undefined) {
    this.#settings = settings;
    this.#Process = class extends Process {} as typeof Process;
    this.#Queue = internalQueues();
    this.#Value = class extends SharedValue {} as typeof SharedValue;
    bindLaunch(this.#Process, { method });
    if (backend !== undefined) for (const Class of [this.#Process, this.#Queue, this.#Value]) bindBackend(Class, backend);
    this.#hasMemory = chooseBackend(backend).features.sharedMemory;
    this.#queue = new this.#Queue();
    this.results = openPort(this.#queue, "");
  }

  start(worker: number): WorkerLink {
    const tasks = new this.#Queue();
    const { mark, travelling, close } = this.#makeMark();
    const args: WorkerArguments = {
      worker,
      tasks,
      results: this.#queue,
      mark: travelling,
      initializes: this.#settings.initializes,
      isFar: this.#settings.isFar,
    };
    const process = new this.#Process<[WorkerArguments], void>({
      ...this.#settings.process,
      target: { module: OWN_MODULES.worker, name: "work" },
      args: [args],
      name: `${this.#settings.name}-worker-${worker}`,
      daemon: true,
    });
    return new LocalWorker(process as Process<never, unknown>, openPort(tasks, ""), mark, this.#settings.process.grace, () => {
      tasks.close();
      close();
    });
  }

  close(): void {
    this.#queue.close();
  }

  #makeMark(): { readonly mark: ParentMark; readonly travelling: WorkerArguments["mark"]; close(): void } {
    if (!this.#hasMemory) {
      const mark = FileMark.make();
      return { mark, travelling: mark.path, close: () => mark.close() };
    }
    const word = new this.#Value("u64", 0n);
    return { mark: new SharedMark(openPort(word, "")), travelling: word, close: () => word.close() };
  }
}

class LocalWorker implements WorkerLink {
  readonly name: string;
  readonly mark: ParentMark;
  readonly ended: Promise<WorkerEnding>;
  readonly #process: Process<never, unknown>;
  readonly #tasks: QueuePort;
  readonly #grace: number | undefined;
  readonly #close: () => void;
  #isClosed = false;

  constructor(process: Process<never, unknown>, tasks: QueuePort, mark: ParentMark, grace: number | undefined, close: () => void) {
    this.name = process.name;
    this.mark = mark;
    this.#process = process;
    this.#tasks = tasks;
    this.#grace = grace;
    this.#close = close;
    this.ended = this.#run();
  }

  get pid(): number | null {
    return this.#process.pid;
  }

  send(message: Message): Promise<void> | undefined {
    if (this.#isClosed || this.#tasks.putNow?.(message) === true) return undefined;
    return this.#put(message);
  }

  terminate(): void {
    this.#signal(() => this.#process.terminate({ grace: this.#grace }));
  }

  kill(): void {
    this.#signal(() => this.#process.kill());
  }

  close(): void {
    this.#isClosed = true;
    this.#close();
  }

  async #put(message: Message): Promise<void> {
    try {
      await this.#tasks.put(message, FOREVER);
    } catch (error) {
      // The worker is dead, so nothing can be sent to it.
      if (!this.#isClosed) throw error;
    }
  }

  // A start that failed has left no process that a signal could reach.
  #signal(send: () => void): void {
    try {
      send();
    } catch {}
  }

  async #run(): Promise<WorkerEnding> {
    const process = this.#process;
    try {
      await process.start();
      // Nobody reads what the workers print into pipes. The last lines of stderr are kept.
      for (const output of [process.stdout, process.stderr]) void output?.cancel().catch(() => {});
    } catch (error) {
      return { exitCode: null, signal: null, error, stderr: undefined };
    }
    // A worker without tasks must not keep this program alive.
    const failure = await unheld(() => process.result()).then(
      () => undefined,
      (error: unknown) => error,
    );
    await unheld(() => process.join());
    const died = failure instanceof ProcessDiedError && failure.pid === process.pid ? failure : undefined;
    const { signal = null, stderr } = died ?? {};
    return { exitCode: process.exitCode, signal, error: died === undefined ? failure : undefined, stderr };
  }
}
