import type { Message } from "../backend/contract/message.ts";
import { StateError } from "../errors/errors.ts";
import { entriesIn, Kind } from "../pool/entries.ts";
import type { WorkerEnding, WorkerLink } from "../pool/worker-source.ts";
import type { Channel, ChannelEvents } from "./channel.ts";
import type { Guest } from "./places.ts";
import { type Ended, fieldsOf, isNumber, type LimitAt, malformed, Say, type Started, saying, type WantedWorker } from "./protocol.ts";
import { refuseObjects } from "./refuse-objects.ts";
import { RemoteMark } from "./remote-mark.ts";

const TASKS: ReadonlySet<number> = new Set([Kind.apply, Kind.map, Kind.starmap, Kind.iterate]);
const NOTHING = new Uint8Array(0);

export interface RemoteEvents {
  /** The worker has sent entries. */
  results(bytes: Uint8Array): void;
  /** The worker has ended, before or after it had a place. */
  ended(): void;
}

/** A worker on another host, as its pool uses it. At first it waits until an agent has a place for it. */
export class RemoteWorker implements WorkerLink, Guest {
  readonly name: string;
  readonly wanted: WantedWorker;
  readonly mark: RemoteMark;
  readonly ended: Promise<WorkerEnding>;
  readonly placed: Promise<void>;
  pid: number | null = null;
  runtime: string | undefined;
  readonly #events: RemoteEvents;
  readonly #end = Promise.withResolvers<WorkerEnding>();
  readonly #place = Promise.withResolvers<void>();
  // What was sent before there was a place.
  #early: Uint8Array[] = [];
  #channel: Channel | undefined;
  #host = "";
  #isOver = false;

  constructor(name: string, wanted: WantedWorker, events: RemoteEvents) {
    this.name = name;
    this.wanted = wanted;
    this.#events = events;
    this.mark = new RemoteMark((message) => this.#send(message));
    this.ended = this.#end.promise;
    this.placed = this.#place.promise;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get isWaiting(): boolean {
    return this.#channel === undefined && !this.#isOver;
  }

  place(channel: Channel, host: string): void {
    this.#channel = channel;
    this.#host = host;
    for (const message of this.#early) channel.send(message);
    this.#early = [];
    this.#place.resolve();
  }

  get channelEvents(): ChannelEvents {
    return {
      message: (bytes) => this.#hear(bytes),
      gone: (why) => {
        const where = this.#host === "" ? "its agent" : `the agent on ${this.#host}`;
        this.#finish({ error: new StateError(`No connection to ${where} any more: ${why}.`) });
      },
    };
  }

  send({ bytes, refs }: Message): undefined {
    refuseObjects(refs, "workers");
    for (const { kind, seq, count } of entriesIn(bytes)) if (TASKS.has(kind)) this.mark.sent(seq + count - 1);
    this.#send(saying(Say.entries, bytes));
  }

  terminate(): void {
    this.#stop(Say.terminate);
  }

  kill(): void {
    this.#stop(Say.kill);
  }

  close(): void {
    this.#early = [];
  }

  #stop(how: number): void {
    if (this.isWaiting) this.#finish({});
    else this.#send(saying(how, NOTHING));
  }

  #send(message: Uint8Array): void {
    if (this.#isOver) return;
    if (this.#channel === undefined) this.#early.push(message);
    else this.#channel.send(message);
  }

  #hear(message: Uint8Array): void {
    try {
      this.#receive(message);
    } catch (error) {
      // The other side may be hostile. Its worker is not used any more.
      this.kill();
      this.#finish({ error });
    }
  }

  #receive(message: Uint8Array): void {
    const bytes = message.subarray(1);
    switch (message[0]) {
      case Say.results:
        if (entriesIn(bytes).some(({ worker, kind }) => worker !== this.wanted.worker || kind === Kind.dead)) throw malformed("An agent");
        return this.#events.results(bytes);
      case Say.started: {
        const { pid, runtime } = fieldsOf<Started>(bytes);
        if (isNumber(pid)) this.pid = pid;
        if (typeof runtime === "string") this.runtime = runtime;
        return;
      }
      case Say.limited: {
        const { id, task } = fieldsOf<LimitAt>(bytes);
        if (isNumber(id) && isNumber(task)) this.mark.limited({ id, task });
        return;
      }
      case Say.ended: {
        const { begun, exitCode, signal, error, stderr } = fieldsOf<Ended>(bytes);
        if (isNumber(begun)) this.mark.ended(begun);
        return this.#finish({
          exitCode: typeof exitCode === "number" ? exitCode : null,
          signal: typeof signal === "string" ? signal : null,
          error,
          stderr: typeof stderr === "string" ? stderr : undefined,
        });
      }
      default:
        throw malformed("An agent");
    }
  }

  #finish(ending: Partial<WorkerEnding>): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#place.resolve();
    this.#events.ended();
    this.#end.resolve({ exitCode: null, signal: null, error: undefined, stderr: undefined, ...ending });
  }
}
