/** The options of a {@link ProcessError}. */
export interface ProcessErrorOptions extends ErrorOptions {
  /** More properties for the error. Default: none. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** The process in which an error was thrown. */
export interface RemoteOrigin {
  /** The process id. */
  readonly pid: number;
  /** The process's name. */
  readonly name: string;
  /** The name of its runtime: "node", "deno" or "bun". */
  readonly runtime: string;
  /** The index of the element, if a task of a pool's map threw the error. */
  readonly index?: number;
}

/**
 * The base class of all errors of this library. The message says what is wrong and what to do next. It may change between versions;
 * `code` does not.
 *
 * @example
 * ```ts
 * const queue = new Queue();
 * try {
 *   await queue.getNowait();
 * } catch (error) {
 *   if (error instanceof ProcessError) console.log(error.code); // "ERR_POLYPROC_EMPTY"
 * }
 * queue.close();
 * ```
 */
export class ProcessError extends Error {
  /** The `code` of all errors of this class. */
  static readonly code: string = "ERR_POLYPROC";
  /** The stable name of this kind of error: `ERR_POLYPROC_...`. */
  declare readonly code: string;
  /** The process that threw the error, if it was another one. */
  declare readonly remote?: RemoteOrigin;
  /** If a `putMany` failed: the number of items that it has put. */
  declare readonly added?: number;

  /**
   * Makes an error.
   *
   * @param message the error's message; default: none
   * @param options `cause`, `fields`; default: none
   */
  constructor(message?: string, options: ProcessErrorOptions = {}) {
    super(message, options);
    if (options.fields !== undefined) Object.assign(this, options.fields);
  }

  static {
    nameOnPrototype(ProcessError, "ProcessError");
  }
}

// Defines `name` and `code` on the prototype, so that they are not own properties of each error: those are printed and sent.
export function nameOnPrototype(target: typeof ProcessError, name: string): void {
  Object.defineProperty(target.prototype, "name", { value: name, configurable: true, writable: true });
  Object.defineProperty(target.prototype, "code", { value: target.code, configurable: true, writable: true });
}
