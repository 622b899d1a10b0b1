import type { Wire } from "../backend/contract/wire.ts";
import { StateError } from "../errors/errors.ts";
import type { PoolSettings } from "../pool/options.ts";
import type { TargetRef } from "../target/target.ts";
import { now, sleep } from "../util/clock.ts";
import type { LetterTask } from "./dead-letters.ts";
import { bytesOf, subjectsOf } from "./protocol.ts";
import { RemoteWorkers } from "./remote-workers.ts";

/** An agent has so many milliseconds to reply, and is asked again after so many, until it has been looked for so long. */
const REPLY_MS = 1000;
const AGAIN_MS = 200;
const LOOK_MS = 10_000;

/** What the pool that runs a dead letter again takes for the targets. The agents get those of the letter. */
export const TARGET: { readonly module: string } = { module: "letter:target" };
export const INITIALIZER: { readonly module: string } = { module: "letter:initializer" };

/** Gets workers for the task of a dead letter. */
export class RetryWorkers extends RemoteWorkers {
  readonly #task: LetterTask;

  constructor(wire: Wire, settings: PoolSettings, task: LetterTask) {
    super(wire, settings, { root: "", version: task.version });
    this.#task = task;
  }

  override nameFor({ module }: TargetRef): TargetRef {
    const { target, initializer } = this.#task;
    return module === INITIALIZER.module && initializer !== undefined ? initializer : target;
  }

  /** The letter stays, so there is no second one. */
  override lost(): void {}
}

/** Waits until an agent has the version of a task. Throws `StateError` if there is none for 10 seconds. */
export async function findAgent(wire: Wire, { group, version }: LetterTask): Promise<void> {
  const { ping } = subjectsOf(wire, group, version);
  const until = now() + LOOK_MS;
  while (typeof (await wire.request(ping, bytesOf(null), REPLY_MS)) === "string") {
    if (now() >= until)
      throw new StateError(
        `No agent of the group "${group}" with the version "${version}" is in the namespace "${wire.namespace}": start one by npx polyproc agent, and try again.`,
      );
    await sleep(AGAIN_MS);
  }
}
