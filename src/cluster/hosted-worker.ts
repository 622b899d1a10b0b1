import { NO_REFS } from "../backend/contract/message.ts";
import { decode } from "../codec/decode.ts";
import { unseal } from "../codec/envelope.ts";
import type { ProcessError } from "../errors/errors.ts";
import { packReport } from "../objects/message.ts";
import { type Entry, entriesIn, headerOf, Kind, wholeEntry } from "../pool/entries.ts";
import { takeLent } from "../pool/take.ts";
import type { WorkerLink, WorkerSource } from "../pool/worker-source.ts";
import { runtime } from "../runtime/current.ts";
import { asKept, join } from "../util/bytes.ts";
import { FOREVER } from "../util/wait-options.ts";
import type { Channel } from "./channel.ts";
import type { Hosted } from "./hosted.ts";
import type { AllowedModules } from "./modules.ts";
import {
  type Ended,
  fieldsOf,
  isNumber,
  type LimitAt,
  malformed,
  Say,
  type Started,
  saying,
  sayingValue,
  type WantedWorker,
} from "./protocol.ts";

/** What a pool may send to a worker: the kinds from `target` to `initialize`. */
const LAST_KIND = Kind.initialize;
const TASKS: ReadonlySet<number> = new Set([Kind.apply, Kind.map, Kind.starmap, Kind.iterate]);
/** Says that a worker sends no more. Entries are longer. */
const LAST_ITEM = Uint8Array.of(0);

/** A worker process of this host that works for a pool on another one. It passes on what they say to each other. */
export class HostedWorker implements Hosted {
  readonly name: string;
  readonly over: Promise<void>;
  readonly #worker: number;
  readonly #source: WorkerSource;
  readonly #link: WorkerLink;
  readonly #channel: Channel;
  readonly #modules: AllowedModules;
  // Targets that may not run here, by their numbers, and why.
  readonly #refused = new Map<number, ProcessError>();
  // Why the worker can't go on.
  #failure: unknown;

  /** @param source starts the process */
  constructor({ pool, worker }: WantedWorker, source: WorkerSource, channel: Channel, modules: AllowedModules) {
    this.name = `${pool}-worker-${worker}`;
    this.#worker = worker;
    this.#source = source;
    this.#channel = channel;
    this.#modules = modules;
    this.#link = source.start(worker);
    this.over = this.#run();
  }

  handle(message: Uint8Array): void {
    try {
      this.#handle(message[0], message.subarray(1));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Asks the pool to give it no more tasks. It ends after those that it has. */
  leave(): void {
    const { bytes } = packReport(undefined, headerOf({ kind: Kind.leaving, worker: this.#worker }));
    this.#channel.send(saying(Say.results, bytes));
  }

  kill(): void {
    this.#link.kill();
  }

  abandon(): void {
    this.kill();
  }

  #handle(what: number | undefined, bytes: Uint8Array): void {
    switch (what) {
      case Say.entries:
        return this.#pass(bytes);
      case Say.limit: {
        const { id, task } = fieldsOf<LimitAt>(bytes);
        if (!isNumber(id) || !isNumber(task)) throw malformed("A program");
        return this.#channel.send(sayingValue(Say.limited, { id, task: this.#link.mark.limit(task) } satisfies LimitAt));
      }
      case Say.unlimit:
        return this.#link.mark.unlimit();
      case Say.terminate:
        return this.#link.terminate();
      case Say.kill:
        return this.#link.kill();
      default:
        throw malformed("A program");
    }
  }

  // Passes entries on to the worker, but for tasks whose target is refused.
  #pass(bytes: Uint8Array): void {
    const passed: Uint8Array[] = [];
    for (const entry of entriesIn(bytes)) {
      if (entry.kind > LAST_KIND) throw malformed("A program");
      const refused = this.#refused.get(entry.target);
      if (entry.kind === Kind.target) this.#define(entry, passed);
      else if (refused === undefined) passed.push(wholeEntry(entry));
      else if (TASKS.has(entry.kind)) this.#refuse(entry, refused);
      else throw refused;
    }
    if (passed.length === 0) return;
    const sending = this.#link.send({ bytes: asKept(passed.length === 1 ? (passed[0] as Uint8Array) : join(passed)), refs: NO_REFS });
    sending?.catch((error: unknown) => this.#fail(error));
  }

  #define(entry: Entry, passed: Uint8Array[]): void {
    try {
      const ref = this.#modules.find(decode(entry.value));
      passed.push(packReport(ref, headerOf({ kind: Kind.target, target: entry.target })).bytes);
    } catch (error) {
      this.#refused.set(entry.target, error as ProcessError);
    }
  }

  #refuse({ seq, count }: Entry, error: ProcessError): void {
    for (let i = 0; i < count; i++) {
      const { bytes } = packReport({ error }, headerOf({ kind: Kind.error, worker: this.#worker, seq: seq + i, count: 1 }));
      this.#channel.send(saying(Say.results, bytes));
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#link.kill();
  }

  async #run(): Promise<void> {
    const passing = this.#passResults();
    const ending = await this.#link.ended;
    // Everything that the worker sent is in the queue already. So this item comes behind that.
    await this.#source.results.put({ bytes: asKept(LAST_ITEM), refs: NO_REFS }, FOREVER).catch(() => {});
    await passing.catch(() => {});
    const ended: Ended = { ...ending, error: this.#failure ?? ending.error, begun: this.#link.mark.begun() };
    this.#channel.send(sayingValue(Say.ended, ended));
    this.#link.close();
    this.#source.close();
    await this.#channel.sent();
  }

  async #passResults(): Promise<void> {
    for (let isStarted = false; ; ) {
      const incoming = await takeLent(this.#source.results);
      if (incoming === undefined) continue;
      const { bytes } = unseal(incoming.message.bytes);
      if (bytes.length <= LAST_ITEM.length) return incoming.settle();
      if (!isStarted) this.#channel.send(sayingValue(Say.started, { pid: this.#link.pid, runtime: runtime.name } satisfies Started));
      isStarted = true;
      this.#channel.send(saying(Say.results, bytes));
      incoming.settle();
      await this.#channel.room();
    }
  }
}
