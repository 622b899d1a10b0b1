import { encodeFrame, type Frame, FrameReader, Op } from "../../codec/frame.ts";
import { UnsupportedError } from "../../errors/errors.ts";
import { type ChildHandle, type Exit, type Output, runtime, type SpawnCommand } from "../../runtime/current.ts";
import { holdEventLoop } from "../../util/event-loop.ts";
import { os, util } from "../../util/lazy-modules.ts";
import type { Limits, Listener, Message, Offspring, ReportKind } from "../contract/backend.ts";
import type { Realm } from "./core/handle.ts";
import { Stream } from "./core/stream.ts";
import { check, isExhausted, text } from "./library/shim.ts";

const SIGNALLED = 256;
// struct pp_spawn: four 64-bit limits, 16 words of CPUs, then three descriptors, argc, envc and inherit.
const CPUS_AT = 32;
const FDS_AT = CPUS_AT + 128;
const SETTINGS_SIZE = FDS_AT + 24;
const STDIO = { inherit: (fd: number) => fd, null: () => -1 } as const;

/** Starts a child through the shim: with exactly its stdin, stdout and stderr, the first of which is its channel. */
export function spawnNative(realm: Realm, command: SpawnCommand, detached: boolean, limits: Limits | undefined): Offspring {
  const nursery = realm.tree.nurse(detached);
  const opened: number[] = [];
  const { shim } = realm.inbox;
  try {
    const [mine, theirs] = pair(realm, true, opened);
    const [out, childOut] = output(realm, command.stdout, 1, opened);
    const [err, childErr] = output(realm, command.stderr, 2, opened);
    const ended = Promise.withResolvers<Exit>();
    const id = realm.inbox.add((status) => {
      realm.inbox.remove(id);
      exit = exitOf(status);
      ended.resolve(exit);
    });
    let exit: Exit | undefined;
    const pid = new Int32Array(1);
    // What a program changed in its environment the C library may not know.
    const whole = runtime.environment();
    const variables = environment({ ...whole, ...command.env });
    const strings = text(command.file, command.cwd ?? "", command.file, ...command.args, ...variables);
    const counts = [command.args.length + 1, variables.length, whole === undefined ? 1 : 0];
    const settings = encodeSettings(limits, [theirs, childOut, childErr, ...counts]);
    const pidfd = shim.pp_spawn(realm.inbox.id, id, settings, strings, pid);
    if (pidfd < 0 && !isExhausted(pidfd)) throw new Error(`spawn ${util().getSystemErrorName(pidfd)}`);
    check(pidfd, "The process could not be started");
    for (const fd of [theirs, childOut, childErr]) if (opened.includes(fd)) shim.pp_close(fd);
    const child: ChildHandle = {
      pid: pid[0] ?? -1,
      stdout: out === undefined ? null : readable(realm, out),
      stderr: err === undefined ? null : readable(realm, err),
      exited: ended.promise.finally(() => shim.pp_close(pidfd)),
      kill: (signal) => {
        if (exit === undefined) shim.pp_signal(pidfd, os().constants.signals[signal]);
      },
    };
    const channel = new ParentChannel(realm, mine);
    return {
      child,
      nursery,
      started: Promise.resolve(),
      native: true,
      write: (bytes) => void channel.write(bytes),
      openDoor: (listen) => channel.openDoor(listen),
      closed: () => channel.ended,
      release: () => channel.close(),
      endNow: () => (channel.isEnded ? exit : undefined),
    };
  } catch (error) {
    for (const fd of opened) shim.pp_close(fd);
    nursery.tidy();
    throw error;
  }
}

/** The parent's side of a child's channel: frames out, reports in. */
class ParentChannel {
  readonly #stream: Stream;
  readonly #reader = new FrameReader();
  readonly #ended = Promise.withResolvers<void>();
  #listen: Listener | undefined;
  #isEnded = false;

  constructor(realm: Realm, fd: number) {
    this.#stream = new Stream(realm, fd, { data: (chunk) => this.#take(chunk), end: () => this.close() });
  }

  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  write(bytes: Uint8Array): Promise<unknown> {
    return this.#stream.write(bytes);
  }

  openDoor(listen: Listener): undefined {
    this.#listen = listen;
  }

  close(): void {
    this.#stream.close();
    this.#end();
  }

  #end(): void {
    this.#isEnded = true;
    this.#ended.resolve();
  }

  #take(chunk: Uint8Array): void {
    try {
      this.#reader.push(chunk, (frame) => this.#hear(frame));
    } catch {
      // What breaks the protocol is no report: the child counts as gone, and its parent's end of the channel ends it.
      this.close();
    }
  }

  #hear({ op, id, meta, message }: Frame): void {
    const kinds: readonly unknown[] = ["started", "result", "error"] satisfies ReportKind[];
    if (op !== Op.report || message === undefined || !kinds.includes(meta)) return this.close();
    const done = (): void => {
      for (const piece of encodeFrame({ op: Op.reply, id, object: 0 })) void this.#stream.write(piece);
    };
    const heard = this.#listen?.(meta as ReportKind, message);
    // What is native has been claimed by now, also by a parent that blocks; the rest takes its time.
    if (message.refs.every((ref) => ref.native === true)) done();
    else Promise.resolve(heard).then(done, done);
  }
}

/** The child's side of its channel: frames in, reports out. */
export class ChildChannel {
  readonly #stream: Stream;
  readonly #realm: Realm;
  readonly #reader = new FrameReader();
  readonly #waiting = new Map<number, () => void>();
  // It may come while modules are still loaded ahead.
  readonly #job = Promise.withResolvers<Frame>();
  #next = 1;
  #ended = false;

  constructor(realm: Realm, fd: number) {
    this.#realm = realm;
    this.#stream = new Stream(realm, fd, {
      data: (chunk) => this.#reader.push(chunk, (frame) => this.#take(frame)),
      end: () => this.#end(),
    });
  }

  /** The job of a spare. */
  get job(): Promise<Frame> {
    return this.#job.promise;
  }

  /** Resolves when the parent has dealt with it, or is gone. */
  report(kind: ReportKind, message: Message): Promise<void> {
    if (this.#ended) return Promise.resolve();
    const id = this.#next++;
    const letGo = holdEventLoop();
    const answered = new Promise<void>((resolve) => this.#waiting.set(id, resolve)).finally(letGo);
    for (const piece of encodeFrame({ op: Op.report, id, object: 0, meta: kind, message })) void this.#stream.write(piece);
    this.#realm.unsent.add(answered);
    void answered.then(() => this.#realm.unsent.delete(answered));
    return answered;
  }

  #take(frame: Frame): void {
    if (frame.op === Op.job) this.#job.resolve(frame);
    this.#waiting.get(frame.id)?.();
    this.#waiting.delete(frame.id);
  }

  #end(): void {
    this.#ended = true;
    for (const resolve of this.#waiting.values()) resolve();
    this.#waiting.clear();
  }
}

function pair(realm: Realm, duplex: boolean, opened: number[]): [number, number] {
  const fds = new Int32Array(2);
  check(realm.inbox.shim.pp_socketpair(fds, duplex ? 1 : 0), "spawn");
  const [first = -1, second = -1] = fds;
  opened.push(first, second);
  return [first, second];
}

// This process's end of a piped output, if it is piped, and what the child gets.
function output(realm: Realm, wanted: Output, fd: number, opened: number[]): [number | undefined, number] {
  if (wanted !== "pipe") return [undefined, STDIO[wanted](fd)];
  return pair(realm, false, opened);
}

function readable(realm: Realm, fd: number): ReadableStream<Uint8Array> {
  let stream: Stream | undefined;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const end = (): void => {
        controller.close();
        stream?.close();
      };
      stream = new Stream(realm, fd, { data: (chunk) => controller.enqueue(chunk), end });
    },
    cancel: () => stream?.close(),
  });
}

function environment(changes: SpawnCommand["env"]): string[] {
  return Object.entries(changes).map(([name, value]) => (value === undefined ? name : `${name}=${value}`));
}

function encodeSettings(limits: Limits = {}, numbers: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(SETTINGS_SIZE);
  const view = new DataView(bytes.buffer);
  const { memory = 0, cpuTime = 0, openFiles = 0, nice = 0, cpus = [] } = limits;
  for (const [i, value] of [memory, Math.ceil(cpuTime / 1000), openFiles, nice].entries()) view.setBigInt64(8 * i, BigInt(value), true);
  for (const cpu of cpus) bytes[CPUS_AT + (cpu >> 3)] = (bytes[CPUS_AT + (cpu >> 3)] ?? 0) | (1 << (cpu & 7));
  for (const [i, value] of numbers.entries()) view.setInt32(FDS_AT + 4 * i, value, true);
  return bytes;
}

function exitOf(status: number): Exit {
  if (status < SIGNALLED) return { code: status, signal: null };
  const number = status - SIGNALLED;
  const [name] = Object.entries(os().constants.signals).find(([, known]) => known === number) ?? [`SIG${number}`];
  return { code: null, signal: name };
}

/** Throws for strings that no program can be given. */
export function checkStrings(command: SpawnCommand): void {
  const all = [command.file, command.cwd ?? "", ...command.args, ...environment(command.env)];
  if (all.some((each) => each.includes("\0"))) throw new UnsupportedError("A program's name, arguments and environment can't hold a NUL.");
}
