import type { DoorPort } from "../backend/contract/backend.ts";
import { flushed } from "../backend/registry.ts";
import { fs, util } from "../util/lazy-modules.ts";
// Arguments may hold these, whatever the target's module imports.
import "../api/barrier.ts";
import "../api/condition.ts";
import "../api/event.ts";
import "../api/lock.ts";
import "../api/shared-memory.ts";
import "../api/queue.ts";
import "../api/shared-array.ts";
import { Pipe } from "../api/connection.ts";
import { currentProcess, Process, Resumed, setCurrentProcess } from "../api/process.ts";
import { encodeFrame, type Frame, FrameReader, Op } from "../codec/frame.ts";
import { RemoteError, StateError } from "../errors/errors.ts";
import type { Boot, Cargo, Job, Outcome } from "../launch/job.ts";
import { setImporting, takePlace } from "../launch/position.ts";
import { type StartMethod, setStartMethod } from "../launch/start-method.ts";
import { pack, unpack } from "../objects/message.ts";
import { runtime } from "../runtime/current.ts";
import { load } from "../target/target.ts";
import { join } from "../util/bytes.ts";
import { ownModule } from "../util/package-urls.ts";
import { endsWithin } from "../util/timing.ts";
import type { Link } from "./link.ts";

// A put that waits for room must not keep a child that failed.
const FLUSH_LIMIT = 1000;

type Any = (...args: never[]) => unknown;

/** Runs a child's job to its end, and reports how it went. */
export async function runJob(boot: Boot, frame: Frame, link: Link): Promise<void> {
  const job = frame.meta as Job;
  takePlace(boot, job, link.parentGone);
  setStartMethod(job.startMethod as StartMethod, { force: true });
  const report = new Reporter(job.name, link.door(job.door));
  report.catchUncaught();
  setCurrentProcess(new Process(new Resumed(job.name, job.identity, job.daemon) as never));
  try {
    const run = await prepare(job, frame);
    await run.attached;
    const reported = report.started();
    // The shim's thread sends it whatever the target does; a line needs the event loop, which the target may block for long.
    if (boot.library === undefined) await reported;
    report.result(await run.call());
  } catch (error) {
    await report.uncaught(error);
  }
}

/** Does what a job takes, of no consequence: what an engine runs for the first time is slow. */
export async function rehearse(): Promise<void> {
  const itself = currentProcess();
  const cargo: Cargo = { args: ["text", 0.5, [true, null]], kwargs: undefined, self: undefined };
  const target = { module: ownModule("../mod").href, name: "currentProcess" };
  const job: Omit<Job, "door"> = { name: "", identity: [], daemon: false, parentName: "", startMethod: "", target, subclass: false };
  const pieces = encodeFrame({ op: Op.job, id: 0, object: 0, meta: job, message: pack(cargo, "") });
  const frames: Frame[] = [];
  new FrameReader().push(join(pieces), (frame) => frames.push(frame));
  for (const frame of frames) await (await prepare(frame.meta as Job, frame)).call();
  setCurrentProcess(itself);
  // Shared objects among the arguments, and what comes by way of the event loop.
  const [here, there] = Pipe<string>();
  const packed = pack(there, "");
  const { value, attached } = unpack(packed);
  await attached;
  const again = value as typeof there;
  const coming = here.recv();
  await again.send("text");
  await coming;
  for (const end of [here, there, again]) end.close();
  packed.release(true);
}

// Imports the target, and only then its arguments: they may hold instances of classes that the import registers.
async function prepare(
  job: Job,
  { message = { bytes: new Uint8Array(0), refs: [] } }: Frame,
): Promise<{ call: Any; attached: Promise<unknown> | undefined }> {
  setImporting(true);
  const target = job.target === null ? undefined : await load(job.target).finally(() => setImporting(false));
  setImporting(false);
  const { value, attached } = unpack(message);
  const { args, kwargs, self } = value as Cargo;
  if (job.subclass) return { attached, call: () => resume(job, target as Any, self).run() };
  const all = kwargs === undefined ? args : [...args, kwargs];
  const run = (): unknown => (target === undefined ? undefined : Reflect.apply(target, undefined, all));
  const process = new Process(new Resumed(job.name, job.identity, job.daemon, run) as never);
  setCurrentProcess(process);
  return { attached, call: () => process.run() };
}

// The subclass' own constructor is not called: its fields have travelled.
function resume(job: Job, Class: Any, self: object | undefined): Process<never, unknown> {
  if (!(Class.prototype instanceof Process)) throw new StateError(`${Class.name} is no subclass of this version's Process.`);
  const process = Reflect.construct(Process, [new Resumed(job.name, job.identity, job.daemon)], Class) as Process<never, unknown>;
  Object.assign(process, self);
  setCurrentProcess(process);
  return process;
}

/** Tells the parent, and stderr, how the child does. */
class Reporter {
  readonly #name: string;
  readonly #door: DoorPort;
  #settled = false;

  constructor(name: string, door: DoorPort) {
    this.#name = name;
    this.#door = door;
  }

  /** Errors that nobody catches end the child, unless the program handles them itself. */
  catchUncaught(): void {
    for (const event of ["uncaughtException", "unhandledRejection"] as const) {
      process.on(event, (error: unknown) => {
        if (process.listenerCount(event) === 1) void this.uncaught(error);
      });
    }
    process.on("beforeExit", () => {
      if (!this.#settled)
        void this.uncaught(new StateError(`${this.#name} can never end its work: nothing is left that its target could wait for.`));
    });
  }

  started(): Promise<void> {
    return this.#door.report("started", pack(undefined, "started")).catch(() => {});
  }

  result(value: unknown): void {
    this.#settled = true;
    let packed: ReturnType<typeof pack>;
    try {
      packed = pack({ value, runtime: runtime.name } satisfies Outcome, "");
    } catch (error) {
      void this.#send("error", error);
      return;
    }
    void this.#door.report("result", packed).then(
      () => packed.release(true),
      () => packed.release(false),
    );
  }

  /** Tells the parent first: what is on stderr may be lost with a broken terminal. */
  async uncaught(error: unknown): Promise<void> {
    this.#settled = true;
    print(`Process ${this.#name}:\n${util().inspect(error)}\n`);
    await this.#send("error", error);
    await endsWithin(flushed(), { timeout: FLUSH_LIMIT, signal: undefined });
    process.exit(1);
  }

  async #send(kind: "error", error: unknown): Promise<void> {
    const packed = packError(error);
    await this.#door.report(kind, packed).catch(() => {});
    packed.release(true);
  }
}

function packError(error: unknown): ReturnType<typeof pack> {
  try {
    return pack({ error, runtime: runtime.name } satisfies Outcome, "");
  } catch {
    // Some field of it can't travel: what can always is its name, message and stack.
    const { name = "Error", message = String(error), stack } = error instanceof Error ? error : {};
    const substitute = new RemoteError(message, { fields: { remoteName: name } });
    if (stack !== undefined) Object.defineProperty(substitute, "stack", { value: stack, configurable: true, writable: true });
    return pack({ error: substitute, runtime: runtime.name } satisfies Outcome, "");
  }
}

function print(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let offset = 0; offset < bytes.length; ) {
    try {
      offset += fs().writeSync(2, bytes, offset);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
