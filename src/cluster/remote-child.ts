import type { ReportListener } from "../backend/contract/launcher.ts";
import { type Message, NO_REFS } from "../backend/contract/message.ts";
import { StateError } from "../errors/errors.ts";
import type { OwnJob } from "../launch/job.ts";
import { type Ending, type RunningChild, UNKNOWN_EXIT } from "../launch/running-child.ts";
import type { TargetRef } from "../target/target.ts";
import type { Channel, ChannelEvents } from "./channel.ts";
import type { Guest } from "./places.ts";
import {
  fieldsOf,
  type HostedJob,
  isNumber,
  malformed,
  type ProcessEnded,
  REPORTS,
  Say,
  type Started,
  saying,
  sayingValue,
} from "./protocol.ts";

const NOTHING = new Uint8Array(0);

/** A process on another host, as the program that started it uses it. At first it waits until an agent has a place for it. */
export class RemoteChild implements RunningChild, Guest {
  readonly name = "A process";
  readonly isFar = true;
  readonly stdout = null;
  readonly stderr = null;
  readonly blocking = undefined;
  readonly wanted: { readonly target: TargetRef | null };
  /** Resolves when the process exists. Rejects if it can't be started. */
  readonly launched: Promise<void>;
  readonly ended: Promise<Ending>;
  pid = 0;
  readonly #launch = Promise.withResolvers<void>();
  readonly #end = Promise.withResolvers<Ending>();
  #listener: ReportListener = () => {};
  #channel: Channel | undefined;
  #host = "";
  #isOver = false;
  #isCutOff = false;

  /** @param target as the agents find it */
  constructor(target: TargetRef | null) {
    this.wanted = { target };
    this.launched = this.#launch.promise;
    this.ended = this.#end.promise;
    // The end of a process that exists is told by `ended` alone.
    this.launched.catch(() => {});
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether its agent is gone. If that was before the process existed, another agent can start it. */
  get isCutOff(): boolean {
    return this.#isCutOff;
  }

  get channelEvents(): ChannelEvents {
    return {
      message: (bytes) => this.#hear(bytes),
      gone: (why) => {
        this.#isCutOff = true;
        this.#lose(new StateError(`There is no connection to the agent on ${this.#host} any more: ${why}.`));
      },
    };
  }

  place(channel: Channel, host: string): void {
    this.#channel = channel;
    this.#host = host;
  }

  work({ name, identity, daemon, parentName, subclass }: OwnJob, { bytes }: Message, listener: ReportListener): void {
    this.#listener = listener;
    const job: HostedJob = { name, identity, daemon, parentName, subclass, args: bytes };
    this.#channel?.send(sayingValue(Say.job, job));
  }

  kill(signal: "SIGTERM" | "SIGKILL"): void {
    if (!this.#isOver) this.#channel?.send(saying(signal === "SIGKILL" ? Say.kill : Say.terminate, NOTHING));
  }

  /** Ends it, and does not wait for its end. */
  giveUp(): void {
    this.kill("SIGKILL");
    this.#lose(new StateError("The start was given up."));
  }

  #hear(message: Uint8Array): void {
    try {
      this.#receive(message);
    } catch (error) {
      // The other side may be hostile.
      this.kill("SIGKILL");
      this.#lose(error);
    }
  }

  #receive(message: Uint8Array): void {
    const bytes = message.subarray(1);
    switch (message[0]) {
      case Say.started: {
        const { pid } = fieldsOf<Started>(bytes);
        if (!isNumber(pid)) throw malformed("An agent");
        this.pid = pid;
        return this.#launch.resolve();
      }
      case Say.report: {
        const kind = REPORTS[bytes[0] ?? -1];
        if (kind === undefined) throw malformed("An agent");
        return void this.#listener(kind, { bytes: bytes.subarray(1), refs: NO_REFS });
      }
      case Say.ended:
        return this.#endAs(fieldsOf<ProcessEnded>(bytes));
      default:
        throw malformed("An agent");
    }
  }

  #endAs({ exitCode, isKnown, signal, error }: Partial<Record<keyof ProcessEnded, unknown>>): void {
    if (error !== undefined) return this.#lose(error);
    if (typeof exitCode !== "number" || typeof isKnown !== "boolean" || !(signal === null || typeof signal === "string"))
      throw malformed("An agent");
    this.#finish({ exitCode, isKnown, signal, stderr: "" });
  }

  // Nobody tells its end any more.
  #lose(error: unknown): void {
    this.#launch.reject(error);
    this.#finish({ exitCode: UNKNOWN_EXIT, isKnown: false, signal: null, stderr: "", lost: error instanceof Error ? error.message : "" });
  }

  #finish(ending: Ending): void {
    this.#isOver = true;
    this.#end.resolve(ending);
  }
}
