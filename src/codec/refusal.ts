import { SerializationError } from "../errors/errors.ts";
import { isOfOtherCopy } from "./shared-mark.ts";

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

  /** Adds a key to the front of the path. A key that begins with a dot is a piece of code, such as `.get("a")`. */
  inside(key: Key): this {
    this.#path.unshift(key);
    return this;
  }

  /** Makes the error for the caller. `root` is the name of the whole value. */
  toError(root: string): SerializationError {
    const keys = this.#path.map((key) => {
      if (typeof key === "number") return `[${key}]`;
      return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : key.startsWith(".") ? key : `[${JSON.stringify(key)}]`;
    });
    const path = (root + keys.join("")).replace(/^\./, "");
    return new SerializationError(`${path} can't travel: ${this.#reason}.`, { cause: this.#cause, fields: { path } });
  }
}

/** Returns the reason why an object of a class that the codec does not know can't travel. */
export function whyNot(value: object): string {
  const name: unknown = value.constructor?.name;
  if (typeof SharedArrayBuffer !== "undefined" && value instanceof SharedArrayBuffer)
    return "it is a SharedArrayBuffer, whose memory other processes can't see";
  const className = typeof name === "string" && name !== "" ? name : "an anonymous class";
  if (isOfOtherCopy(value))
    return `it is a ${className} of another copy of polyproc: import polyproc from one place, or use that copy's Process, Queue and Pipe with it`;
  if (Object.hasOwn(globalThis, className)) return `it is a ${className}, which has no meaning in another process`;
  return `it is an instance of ${className}: call registerClass(${className}) in the modules that both sides import`;
}
