import { NO_REFS } from "../backend/contract/message.ts";
import type { Wire } from "../backend/contract/wire.ts";
import { ClosedError } from "../errors/errors.ts";
import { note } from "../observe/events.ts";
import type { PoolSettings } from "../pool/options.ts";
import type { LostTask, WorkerLink, WorkerSource } from "../pool/worker-source.ts";
import type { TargetRef } from "../target/target.ts";
import { now, startTimer, stopTimer } from "../util/clock.ts";
import { randomName } from "../util/random.ts";
import { letterOf } from "./dead-letters.ts";
import { Exchange } from "./exchange.ts";
import { Mailbox } from "./mailbox.ts";
import { refForHosts } from "./modules.ts";
import type { Program } from "./program.ts";
import { bytesOf, fieldsOf, type StartReply, type StartRequest, type Subjects, subjectsOf } from "./protocol.ts";
import { RemoteWorker } from "./remote-worker.ts";

/** An agent must reply within so many milliseconds. */
const REPLY_MS = 3000;
/** Without a free slot, the agents are asked again after so many milliseconds, or when one says that it has one. */
const RETRY_MS = 1000;
/** After so many milliseconds without any agent there is a warning. */
const WARN_MS = 10_000;

/** Gets the workers of a pool from the agents of a cluster. */
export class RemoteWorkers implements WorkerSource {
  readonly results: Mailbox = new Mailbox();
  readonly sendsAhead = false;
  readonly #wire: Wire;
  readonly #exchange: Exchange;
  readonly #settings: PoolSettings;
  readonly #program: Program;
  readonly #subjects: Subjects;
  readonly #waiting: RemoteWorker[] = [];
  readonly #forget: (() => void)[];
  #isPlacing = false;
  #isClosed = false;
  #wake: () => void = () => {};

  constructor(wire: Wire, settings: PoolSettings, program: Program) {
    this.#wire = wire;
    this.#settings = settings;
    this.#program = program;
    this.#subjects = subjectsOf(wire, settings.group, program.version);
    this.#exchange = new Exchange(wire);
    this.#forget = [wire.subscribe(this.#subjects.free, () => this.#wake()), wire.onClose(async () => this.#cut())];
  }

  nameFor(ref: TargetRef): TargetRef {
    return refForHosts(ref, this.#program.root);
  }

  lost(task: LostTask): void {
    const bytes = letterOf(task, this.#settings, this.#program.version, this.#wire.mostBytes);
    void this.#wire.keepDeadLetter(bytes).catch((why: unknown) => {
      note("warning", () => `a task that was given up could not be kept as a dead letter: ${String(why)}`);
    });
  }

  start(worker: number): WorkerLink {
    if (this.#isClosed) throw new ClosedError("The connection to the cluster is closed: call connectCluster() again.");
    const made = new RemoteWorker(`${this.#settings.name}-worker-${worker}`, worker, {
      results: (bytes) => void this.results.put({ bytes, refs: NO_REFS }),
      ended: () => this.#wake(),
    });
    this.#waiting.push(made);
    void this.#place();
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
    for (const forget of this.#forget) forget();
    for (const worker of this.#waiting) worker.kill();
    this.#exchange.close();
    this.#wake();
  }

  // Asks agents for one worker after another, as long as some wait.
  async #place(): Promise<void> {
    if (this.#isPlacing) return;
    this.#isPlacing = true;
    const since = now();
    let isWarned = false;
    for (let next = this.#waiting[0]; next !== undefined && !this.#isClosed; next = this.#waiting[0]) {
      if (next.isOver || (await this.#ask(next))) {
        this.#waiting.splice(this.#waiting.indexOf(next), 1);
        continue;
      }
      if (!isWarned && now() - since > WARN_MS) {
        isWarned = true;
        await this.#warn();
      }
      await this.#pause();
    }
    this.#isPlacing = false;
  }

  // Whether an agent has taken the worker.
  async #ask(next: RemoteWorker): Promise<boolean> {
    const id = randomName(16);
    const channel = this.#exchange.open(id, next.channelEvents);
    const request: StartRequest = {
      id,
      address: this.#exchange.address,
      pool: this.#settings.name,
      worker: next.worker,
      initializes: this.#settings.initializer !== undefined,
      grace: this.#settings.process.grace,
    };
    const reply = await this.#wire.request(this.#subjects.start, bytesOf(request), REPLY_MS);
    const { address, host } = typeof reply === "string" ? {} : fieldsOf<Extract<StartReply, { address: string }>>(reply);
    // An agent that has taken it although the reply is lost, or nobody wants the worker any more, learns that nobody hears it here.
    if (!this.#wire.isInbox(address) || this.#isClosed || next.isOver) {
      this.#exchange.drop(id);
      return false;
    }
    channel.connect(address);
    next.place(channel, typeof host === "string" ? host : "");
    void next.ended.then(() => channel.sent()).then(() => this.#exchange.drop(id));
    return true;
  }

  async #pause(): Promise<void> {
    const woken = Promise.withResolvers<void>();
    this.#wake = woken.resolve;
    const timer = startTimer(woken.resolve, RETRY_MS);
    await woken.promise;
    stopTimer(timer);
  }

  async #warn(): Promise<void> {
    const { group } = this.#settings;
    const { version } = this.#program;
    const reply = await this.#wire.request(this.#subjects.ping, bytesOf(null), REPLY_MS);
    if (reply === "nobody")
      note(
        "warning",
        () =>
          `${this.#settings.name} waits for an agent of the group "${group}" with the version "${version}" in the namespace "${this.#wire.namespace}", and there is none: start one by npx polyproc agent`,
      );
  }
}
