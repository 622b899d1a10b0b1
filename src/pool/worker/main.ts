// The target of a pool's workers.
import type { NumbersPort } from "../../backend/contract/numbers.ts";
import type { QueuePort } from "../../backend/contract/queue.ts";
import { portOf, type SharedObject } from "../../objects/shared-object.ts";
import { Kind } from "../entries.ts";
import { FileMark, SharedMark } from "../marks.ts";
import { Inbox } from "./inbox.ts";
import { Outbox } from "./outbox.ts";
import { Runner } from "./runner.ts";

/** What a worker gets from its pool. */
export interface WorkerArguments {
  readonly worker: number;
  readonly tasks: SharedObject<QueuePort>;
  readonly results: SharedObject<QueuePort>;
  /** A shared number, or the path of a file. */
  readonly mark: SharedObject<NumbersPort> | string;
  /** Whether the first entry is a call of the initializer. */
  readonly initializes: boolean;
  /** Whether the pool is on another host. */
  readonly isFar: boolean;
}

/** Runs the initializer, and then tasks until the pool has no more of them. */
export async function work({ worker, tasks, results, mark, initializes, isFar }: WorkerArguments): Promise<void> {
  const inbox = new Inbox(portOf(tasks));
  const outbox = new Outbox(portOf(results), worker, isFar);
  const runner = new Runner(inbox, outbox, typeof mark === "string" ? FileMark.open(mark) : new SharedMark(portOf(mark)));
  const first = initializes ? await inbox.next() : undefined;
  if (first !== undefined) await runner.initialize(first);
  outbox.add(undefined, "", { kind: Kind.ready });
  await runner.run();
  await outbox.sent();
  // Timers and sockets that tasks have left behind must not keep the worker alive.
  process.exit(0);
}
