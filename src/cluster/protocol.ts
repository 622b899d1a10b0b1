// What a pool and an agent say to each other.
import type { ReportKind } from "../backend/contract/launcher.ts";
import type { Wire } from "../backend/contract/wire.ts";
import { decode } from "../codec/decode.ts";
import { CorruptedError } from "../errors/errors.ts";
import type { Ending } from "../launch/running-child.ts";
import { packReport } from "../objects/message.ts";
import type { WorkerEnding } from "../pool/worker-source.ts";
import type { TargetRef } from "../target/target.ts";

/** Pools and agents with another number do not find each other. */
const PROTOCOL = "2";

/** The subjects of the agents of one group that have one version of the program. */
export interface Subjects {
  /** An agent with a free slot hears requests for workers here. */
  readonly start: string;
  /** Agents say here that they have a free slot. */
  readonly free: string;
  /** Every agent replies here. */
  readonly ping: string;
}

export function subjectsOf(wire: Wire, group: string, version: string): Subjects {
  const subject = (kind: string): string => wire.subject(kind, PROTOCOL, group, version);
  return { start: subject("start"), free: subject("free"), ping: subject("agents") };
}

/** Every agent of the namespace tells here what it is. */
export function hostsSubject(wire: Wire): string {
  return wire.subject("hosts", PROTOCOL);
}

/** What an agent tells of itself. */
export interface HostFacts {
  readonly host: string;
  readonly pid: number;
  readonly runtime: string;
  readonly group: string;
  /** The version of the program that it runs. */
  readonly version: string;
  readonly slots: number;
  /** The number of workers that it has. */
  readonly busy: number;
}

/** What the first byte of a message says. */
export const Say = {
  /** To the agent: entries for the worker. */
  entries: 1,
  /** To the agent: the worker may not begin tasks from a number on. The value is {@link LimitAt}. */
  limit: 2,
  /** To the agent: the worker may begin all tasks. */
  unlimit: 3,
  /** To the agent: end the worker. */
  terminate: 4,
  kill: 5,
  /** To the agent: the job of a process. The value is {@link HostedJob}. */
  job: 6,
  /** To the pool: entries of the worker. */
  results: 10,
  /** To the pool: the reply to `limit`. The value is {@link LimitAt}, with the first task that the worker has not begun. */
  limited: 11,
  /** To the pool: the worker's process has started. The value is {@link Started}. */
  started: 12,
  /** To the pool: the worker has ended, and this is the last message. The value is {@link Ended}. */
  ended: 13,
  /** To the program of a process: what the process reports. The kind of the report comes first: see {@link REPORTS}. */
  report: 14,
} as const;

/** The kinds of reports of a process, by their numbers. */
export const REPORTS: readonly ReportKind[] = ["waiting", "started", "result", "error"];

export interface LimitAt {
  readonly id: number;
  readonly task: number;
}

export interface Started {
  readonly pid: number | null;
  readonly runtime: string;
}

export interface Ended extends WorkerEnding {
  /** The last task that the worker has begun. */
  readonly begun: number;
}

/** The last message of a process. Without a pid, it was not started. */
export type ProcessEnded = Ending & {
  /** Why it was not started, or why the agent has ended it. */
  readonly error: unknown;
};

/** What a process is to do, but for its target. */
export interface HostedJob {
  readonly name: string;
  readonly identity: readonly number[];
  readonly daemon: boolean;
  readonly parentName: string;
  readonly subclass: boolean;
  /** Its encoded arguments. */
  readonly args: Uint8Array;
}

/** A program asks an agent for a worker or a process. */
export interface StartRequest {
  /** The id of the channel between them. */
  readonly id: string;
  /** Where the program hears. */
  readonly address: string;
  readonly wanted: Wanted;
}

export type Wanted = WantedWorker | WantedProcess;

/** A process of its own. */
export interface WantedProcess {
  /** What it will run. Nothing, if it is `null`. */
  readonly target: TargetRef | null;
}

/** A worker of a pool. */
export interface WantedWorker {
  /** The name of the pool, and the number of the worker in it. */
  readonly pool: string;
  readonly worker: number;
  readonly initializes: boolean;
  readonly grace: number | undefined;
}

/** The agent's answer: it starts what is wanted, and hears at this address; or it has no slot. */
export type StartReply = { readonly address: string; readonly host: string } | { readonly busy: true };

/** Makes a message of bytes. */
export function saying(what: number, bytes: Uint8Array): Uint8Array {
  const message = new Uint8Array(1 + bytes.length);
  message[0] = what;
  message.set(bytes, 1);
  return message;
}

/** Makes a message of a value. */
export function sayingValue(what: number, value: unknown): Uint8Array {
  return saying(what, bytesOf(value));
}

export function bytesOf(value: unknown): Uint8Array {
  return packReport(value).bytes;
}

/** Returns the fields of a value that came. It may be anything, so each field has to be checked. */
export function fieldsOf<T>(bytes: Uint8Array): Partial<Record<keyof T, unknown>> {
  return Object(decode(bytes)) as Partial<Record<keyof T, unknown>>;
}

/** Makes the error for a message that the other side can't have meant. */
export function malformed(from: "An agent" | "A program"): CorruptedError {
  return new CorruptedError(`${from} sent a message that is not valid: it runs another version of polyproc, or is corrupted.`);
}

export function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
