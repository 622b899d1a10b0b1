import { SerializationError } from "../errors/errors.ts";
import { isSharedBuffer } from "../util/built-in-class.ts";
import { isOfOtherCopy } from "./shared-mark.ts";
import { MAX_MESSAGE } from "./tags.ts";

type Key = string | number;

/** Thrown inside the encoder for a part that can't travel. Each level of the value through which it passes adds its key to the path. */
export class Refusal {
  readonly #reason: string;
  readonly #cause: unknown;
  readonly #path: Key[] = [];

  constructor(reason: string, cause?: unknown) {
    this.#reason = reason;
    this.#cause = cause;
  }

  /** The text that stands for the part, where the part is described instead of refused. */
  get description(): string {
    return `[can't travel: ${this.#reason}]`;
  }

  /** Adds a key to the front of the path. A key that begins with a dot is a piece of code, such as `.get("a")`. */
  inside(key: Key): this {
    this.#path.unshift(key);
    return this;
  }

  /** Makes the error for the caller. `root` is the name of the whole value. */
  toError(root: string): Error {
    const keys = this.#path.map((key) => {
      if (typeof key === "number") return `[${key}]`;
      return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : key.startsWith(".") ? key : `[${JSON.stringify(key)}]`;
    });
    const path = (root + keys.join("")).replace(/^\./, "");
    return new SerializationError(`${path} can't travel: ${this.#reason}.`, { cause: this.#cause, fields: { path } });
  }
}

/** Thrown for a value whose bytes are too many. */
export class TooLarge extends Refusal {
  readonly #why: string;

  constructor(why = `A message holds at most ${MAX_MESSAGE} bytes: send it in parts.`) {
    super("it is too large for one message");
    this.#why = why;
  }

  override toError(): Error {
    return new RangeError(this.#why);
  }
}

/** Returns what was thrown in the encoder as a refusal. Getters and proxies may throw anything. */
export function asRefusal(thrown: unknown): Refusal {
  return thrown instanceof Refusal ? thrown : new Refusal(`reading it threw: ${textOf(thrown)}`, thrown);
}

/** Returns a thrown value as text. */
export function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return "a value that can't be shown";
  }
}

/** Returns the reason why an object of a class that the codec does not know can't travel. */
export function whyNot(value: object): string {
  const name: unknown = value.constructor?.name;
  if (isSharedBuffer(value)) return "it is a SharedArrayBuffer, whose memory other processes can't see";
  const className = typeof name === "string" && name !== "" ? name : "an anonymous class";
  if (isOfOtherCopy(value))
    return `it is a ${className} of another copy of polyproc: import polyproc from one place, or use that copy's Process, Queue and Pipe with it`;
  if (Object.hasOwn(globalThis, className)) return `it is a ${className}, which has no meaning in another process`;
  return `it is an instance of ${className}: call registerClass(${className}) in the modules that both sides import`;
}
