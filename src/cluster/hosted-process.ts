import type { ReportKind } from "../backend/contract/launcher.ts";
import { type Message, NO_REFS } from "../backend/contract/message.ts";
import { unseal } from "../codec/envelope.ts";
import { launch, planLaunch } from "../launch/launch.ts";
import { type RunningChild, UNKNOWN_EXIT } from "../launch/running-child.ts";
import { ChildTelling } from "../launch/telling.ts";
import { ownTreeLimits } from "../launch/tree-limits.ts";
import { runtime } from "../runtime/current.ts";
import type { TargetRef } from "../target/target.ts";
import { asKept, copyOf } from "../util/bytes.ts";
import { after } from "../util/deadline.ts";
import type { Channel } from "./channel.ts";
import type { Hosted } from "./hosted.ts";
import type { AllowedModules } from "./modules.ts";
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

/** A process whose program is gone is killed so many milliseconds after SIGTERM. */
const LAST_MS = 1000;

/** A process of this host that a program on another one has started. */
export class HostedProcess implements Hosted {
  readonly over: Promise<void>;
  name = "a process";
  readonly #channel: Channel;
  #target: TargetRef | null = null;
  #child: RunningChild | undefined;
  #telling: ChildTelling | undefined;
  // What it was sent before it existed.
  #signal: "SIGTERM" | "SIGKILL" | undefined;
  // Why this agent has ended it.
  #failure: unknown;

  constructor(target: unknown, channel: Channel, modules: AllowedModules) {
    this.#channel = channel;
    this.over = this.#run(target, modules);
  }

  handle(message: Uint8Array): void {
    try {
      this.#handle(message[0], message.subarray(1));
    } catch (error) {
      this.#failure ??= error;
      this.kill();
    }
  }

  /** It runs to its end. */
  leave(): void {}

  kill(): void {
    this.#send("SIGKILL", "");
  }

  abandon(): void {
    this.#send("SIGTERM", ", because its program is gone");
    const stop = after(LAST_MS, () => this.#send("SIGKILL", ", because it has not ended after SIGTERM"));
    void this.over.then(stop);
  }

  #handle(what: number | undefined, bytes: Uint8Array): void {
    switch (what) {
      case Say.job:
        return this.#begin(jobIn(bytes));
      case Say.terminate:
        return this.#send("SIGTERM", "");
      case Say.kill:
        return this.#send("SIGKILL", "");
      default:
        throw malformed("A program");
    }
  }

  #begin({ args, ...job }: HostedJob): void {
    const child = this.#child;
    if (child === undefined || this.#telling !== undefined) throw malformed("A program");
    this.name = job.name;
    const whole = { ...job, target: this.#target, inherited: null, isFar: true, startMethod: "spawn", treeLimits: ownTreeLimits() };
    this.#telling = new ChildTelling(() => job.name, child, whole);
    child.work(whole, { bytes: asKept(copyOf(args)), refs: NO_REFS }, (kind, message) => this.#pass(kind, message));
  }

  #pass(kind: ReportKind, message: Message): void {
    const { bytes } = message.refs.length === 0 ? unseal(message.bytes) : message;
    const report = new Uint8Array(1 + bytes.length);
    report[0] = REPORTS.indexOf(kind);
    report.set(bytes, 1);
    this.#channel.send(saying(Say.report, report));
  }

  #send(signal: "SIGTERM" | "SIGKILL", why: string): void {
    this.#signal = signal;
    if (this.#child === undefined) return;
    this.#telling?.sends(signal, why);
    this.#child.kill(signal);
  }

  async #run(target: unknown, modules: AllowedModules): Promise<void> {
    let ended: ProcessEnded;
    try {
      this.#target = target === null ? null : modules.find(target);
      const child = await launch(planLaunch({}));
      this.#child = child;
      if (this.#signal !== undefined) child.kill(this.#signal);
      this.#channel.send(sayingValue(Say.started, { pid: child.pid, runtime: runtime.name } satisfies Started));
      const ending = await child.ended;
      this.#telling?.ended(ending);
      ended = { ...ending, error: this.#failure };
    } catch (error) {
      ended = { exitCode: UNKNOWN_EXIT, isKnown: false, signal: null, stderr: "", error };
    }
    this.#channel.send(sayingValue(Say.ended, ended));
    await this.#channel.sent();
  }
}

function jobIn(bytes: Uint8Array): HostedJob {
  const { name, identity, daemon, parentName, subclass, args } = fieldsOf<HostedJob>(bytes);
  const areTexts = typeof name === "string" && typeof parentName === "string";
  const areFlags = typeof daemon === "boolean" && typeof subclass === "boolean";
  const isIdentity = Array.isArray(identity) && identity.every(isNumber);
  if (!areTexts || !areFlags || !isIdentity || !(args instanceof Uint8Array)) throw malformed("A program");
  return { name, identity, daemon, parentName, subclass, args };
}
