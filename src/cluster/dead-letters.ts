// Tasks that were given up, as the servers keep them.
import { decode } from "../codec/decode.ts";
import { StateError } from "../errors/errors.ts";
import { Kind } from "../pool/entries.ts";
import type { PoolSettings } from "../pool/options.ts";
import type { LostTask } from "../pool/worker-source.ts";
import type { TargetRef } from "../target/target.ts";
import { date } from "../util/clock.ts";
import { isNamedByPath } from "./modules.ts";
import { bytesOf, fieldsOf } from "./protocol.ts";

/** What a dead letter holds. */
interface Letter {
  readonly pool: string;
  readonly group: string;
  readonly version: string;
  readonly target: TargetRef | undefined;
  readonly kind: number;
  /** The encoded arguments; `null` if they were too large to be kept. */
  readonly args: Uint8Array | null;
  readonly kwargs: Uint8Array | undefined;
  readonly initializer: TargetRef | undefined;
  readonly initArgs: readonly unknown[];
  readonly attempts: number;
  readonly error: { readonly name: string; readonly message: string };
  readonly at: Date;
}

/** What people are told about a dead letter. */
export interface LetterFacts {
  /** The name of the pool. */
  readonly pool: string;
  /** The module and the function that it calls. */
  readonly target: string;
  /** How often it ran. */
  readonly attempts: string;
  /** The message of the error with which it was rejected. */
  readonly error: string;
  /** When that was. */
  readonly at: string;
}

/** What is needed to run the task of a dead letter again. */
export interface LetterTask {
  readonly group: string;
  readonly version: string;
  readonly target: TargetRef;
  /** Whether the target is a generator. */
  readonly isGenerator: boolean;
  readonly args: readonly unknown[];
  readonly kwargs: object | undefined;
  readonly initializer: TargetRef | undefined;
  readonly initArgs: readonly unknown[];
}

/** Makes a dead letter of so many bytes at most. */
export function letterOf({ error, ...task }: LostTask, pool: PoolSettings, version: string, mostBytes: number): Uint8Array {
  const { name, message } = error;
  const { group, initArgs } = pool;
  const letter: Letter = { pool: pool.name, group, version, ...task, initArgs, error: { name, message }, at: new Date(date()) };
  const whole = bytesOf(letter);
  // The rest is worth more than nothing.
  return whole.length > mostBytes ? bytesOf({ ...letter, args: null, kwargs: undefined, initArgs: [] } satisfies Letter) : whole;
}

/** Reads what a dead letter tells. Anybody in the namespace may have written it, so it is shown whatever it is. */
export function factsOf(bytes: Uint8Array): LetterFacts {
  const { pool, target, attempts, error, at } = lettersFields(bytes);
  const { module, name } = Object(target) as Readonly<Record<string, unknown>>;
  const isTime = at instanceof Date && !Number.isNaN(at.getTime());
  return {
    pool: textOf(pool),
    target: `${textOf(module).replace(/^program:/, "")} ${textOf(name)}`,
    attempts: typeof attempts === "number" ? String(attempts) : "?",
    error: textOf((Object(error) as Readonly<Record<string, unknown>>).message),
    at: isTime ? at.toISOString() : "?",
  };
}

/** Reads the task of a dead letter. Throws `StateError` if it has none. */
export function taskOf(bytes: Uint8Array): LetterTask {
  const { group, version, target, kind, args, kwargs, initializer, initArgs } = lettersFields(bytes);
  if (args === null)
    throw new StateError("The arguments of this task were too large to be kept: run it again by the program, and drop it here.");
  try {
    const isRight =
      typeof group === "string" &&
      typeof version === "string" &&
      isNamedByPath(target) &&
      Array.isArray(initArgs) &&
      args instanceof Uint8Array;
    if (!isRight || !(initializer === undefined || isNamedByPath(initializer))) throw notOurs();
    return {
      group,
      version,
      target,
      isGenerator: kind === Kind.iterate,
      args: argumentsIn(kind, decode(args)),
      kwargs: kwargs === undefined ? undefined : namedIn(decode(kwargs as Uint8Array)),
      initializer,
      initArgs,
    };
  } catch (cause) {
    throw cause instanceof StateError ? cause : notOurs(cause);
  }
}

// The arguments of one task lie in an entry as those of several ones do.
function argumentsIn(kind: unknown, value: unknown): readonly unknown[] {
  const args = kind === Kind.iterate ? Object(value).args : kind === Kind.starmap ? Object(value)[0] : value;
  if (!Array.isArray(args)) throw notOurs();
  return args;
}

function namedIn(value: unknown): object {
  if (typeof value !== "object" || value === null) throw notOurs();
  return value;
}

function lettersFields(bytes: Uint8Array): Partial<Record<keyof Letter, unknown>> {
  try {
    return fieldsOf<Letter>(new Uint8Array(bytes));
  } catch {
    return {};
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "?";
}

function notOurs(cause?: unknown): StateError {
  return new StateError(
    "This dead letter holds no task that can run again: another version of polyproc, or another program, has written it. Drop it when nobody needs it.",
    { cause },
  );
}
