import type { Wire, WireMessage } from "../backend/contract/wire.ts";
import { decode } from "../codec/decode.ts";
import { note } from "../observe/events.ts";
import type { WorkerSource } from "../pool/worker-source.ts";
import { runtime } from "../runtime/current.ts";
import type { TargetRef } from "../target/target.ts";
import { after } from "../util/deadline.ts";
import { os } from "../util/lazy-modules.ts";
import type { Channel } from "./channel.ts";
import { Exchange } from "./exchange.ts";
import type { Hosted } from "./hosted.ts";
import { HostedProcess } from "./hosted-process.ts";
import { HostedWorker } from "./hosted-worker.ts";
import { AllowedModules } from "./modules.ts";
import {
  bytesOf,
  type Ended,
  type HostFacts,
  hostsSubject,
  isNumber,
  Say,
  type StartReply,
  type StartRequest,
  type Subjects,
  sayingValue,
  subjectsOf,
  type Wanted,
} from "./protocol.ts";

/** Only one of the agents that hear a request for a worker gets it. */
const GROUP = "agents";
const LONGEST_NAME = 200;
const LONGEST_ID = 100;
const LONGEST_GRACE_MS = 3_600_000;

export interface AgentOptions {
  /** The folder of the program. */
  readonly root: string;
  readonly version: string;
  /** Patterns of the modules in the folder that may run. */
  readonly allow: readonly string[];
  /** The number of workers. */
  readonly slots: number;
  readonly group: string;
}

/** What the worker processes of a pool are like. */
export interface WorkerSettings {
  readonly name: string;
  readonly initializes: boolean;
  readonly grace: number | undefined;
}

/** Starts workers on this host for pools on others. */
export class Agent {
  readonly #wire: Wire;
  readonly #options: AgentOptions;
  readonly #sourceOf: (settings: WorkerSettings) => WorkerSource;
  readonly #modules: AllowedModules;
  readonly #exchange: Exchange;
  readonly #subjects: Subjects;
  readonly #hosted = new Set<Hosted>();
  readonly #ended = Promise.withResolvers<void>();
  readonly #unping: () => void;
  #unsubscribe: (() => void) | undefined;
  #isLeaving = false;

  /** @param sourceOf makes what starts the workers of a pool on this host */
  constructor(wire: Wire, options: AgentOptions, sourceOf: (settings: WorkerSettings) => WorkerSource) {
    this.#wire = wire;
    this.#options = options;
    this.#sourceOf = sourceOf;
    this.#modules = new AllowedModules(options.root, options.allow);
    this.#exchange = new Exchange(wire);
    this.#subjects = subjectsOf(wire, options.group, options.version);
    const answers = [
      wire.subscribe(this.#subjects.ping, ({ reply }) => this.#answer(reply, null)),
      wire.subscribe(hostsSubject(wire), ({ reply }) => this.#answer(reply, this.#facts)),
    ];
    this.#unping = () => {
      for (const end of answers) end();
    };
    this.#offer();
  }

  /** The number of workers. */
  get busy(): number {
    return this.#hosted.size;
  }

  /** Takes no more workers. Those that it has end after the tasks that they have, and at the latest after `timeout` milliseconds. */
  async leave(timeout: number): Promise<void> {
    this.#isLeaving = true;
    this.#unsubscribe?.();
    this.#unping();
    for (const worker of this.#hosted) worker.leave();
    const stop = after(timeout, () => this.kill());
    this.#lookIfEnded();
    await this.#ended.promise;
    stop();
    this.#exchange.close();
  }

  /** Ends all workers at once. */
  kill(): void {
    for (const worker of this.#hosted) worker.kill();
  }

  get #facts(): HostFacts {
    const { group, version, slots } = this.#options;
    return { host: os().hostname(), pid: process.pid, runtime: runtime.name, group, version, slots, busy: this.busy };
  }

  #answer(reply: string, value: unknown): void {
    if (this.#wire.isInbox(reply)) this.#wire.publish(reply, bytesOf(value));
  }

  // Hears requests for workers as long as there is a free slot.
  #offer(): void {
    if (this.#isLeaving || this.#unsubscribe !== undefined || this.busy >= this.#options.slots) return;
    this.#unsubscribe = this.#wire.subscribe(this.#subjects.start, (message) => this.#start(message), GROUP);
    // Pools that wait ask again, once the servers know of the subscription.
    this.#wire.flush().then(
      () => this.#wire.publish(this.#subjects.free, bytesOf(null)),
      () => {},
    );
  }

  #start({ bytes, reply }: WireMessage): void {
    const request = requestIn(bytes, this.#wire);
    if (request === undefined || !this.#wire.isInbox(reply)) return;
    if (this.#isLeaving || this.busy >= this.#options.slots) {
      this.#wire.publish(reply, bytesOf({ busy: true } satisfies StartReply));
      return;
    }
    const { id, address, wanted } = request;
    let hosted: Hosted | undefined;
    const channel: Channel = this.#exchange.open(id, {
      message: (message) => hosted?.handle(message),
      gone: (why) => {
        note("info", () => `ends ${hosted?.name}, because its program is gone: ${why}`);
        hosted?.abandon();
      },
    });
    this.#wire.publish(reply, bytesOf({ address: this.#exchange.address, host: os().hostname() } satisfies StartReply));
    channel.connect(address);
    try {
      hosted = this.#host(wanted, channel);
    } catch (error) {
      const ended: Ended = { exitCode: null, signal: null, error, stderr: undefined, begun: 0 };
      channel.send(sayingValue(Say.ended, ended));
      void channel.sent().then(() => this.#exchange.drop(id));
      return;
    }
    this.#hosted.add(hosted);
    if (this.busy >= this.#options.slots) {
      this.#unsubscribe?.();
      this.#unsubscribe = undefined;
    }
    void hosted.over.then(() => {
      this.#exchange.drop(id);
      this.#hosted.delete(hosted);
      this.#offer();
      this.#lookIfEnded();
    });
  }

  #host(wanted: Wanted, channel: Channel): Hosted {
    if ("target" in wanted) return new HostedProcess(wanted.target, channel, this.#modules);
    const { pool, initializes, grace } = wanted;
    return new HostedWorker(wanted, this.#sourceOf({ name: pool, initializes, grace }), channel, this.#modules);
  }

  #lookIfEnded(): void {
    if (this.#isLeaving && this.busy === 0) this.#ended.resolve();
  }
}

// Reads a request. `undefined` if it is none: who sends that can't read an answer.
function requestIn(bytes: Uint8Array, wire: Wire): StartRequest | undefined {
  let value: unknown;
  try {
    value = decode(bytes);
  } catch {
    return undefined;
  }
  const { id, address, wanted } = Object(value) as Partial<Record<keyof StartRequest, unknown>>;
  const isId = typeof id === "string" && id.length <= LONGEST_ID && /^[A-Za-z0-9_-]+$/.test(id);
  const checked = wantedIn(Object(wanted));
  return isId && wire.isInbox(address) && checked !== undefined ? { id, address, wanted: checked } : undefined;
}

function wantedIn(wanted: Readonly<Record<string, unknown>>): Wanted | undefined {
  const { target, pool, worker, initializes, grace } = wanted;
  // Whoever looks for the target checks it.
  if (target !== undefined) return { target: target as TargetRef | null };
  const isName = typeof pool === "string" && pool.length <= LONGEST_NAME;
  if (!isName || !isNumber(worker) || typeof initializes !== "boolean") return undefined;
  return { pool, worker, initializes, grace: isNumber(grace) ? Math.min(grace, LONGEST_GRACE_MS) : undefined };
}
