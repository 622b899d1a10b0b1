import { CONNECTION } from "../backend/contract/connection.ts";
import { chooseBackend } from "../backend/registry.ts";
import { needingFiles } from "../objects/unclosed.ts";
import { describe } from "../util/describe.ts";
import { optionNames, refuseUnknown } from "../util/known-options.ts";
import { Connection } from "./connection.ts";

/** Options of {@link Pipe}. */
export interface PipeOptions {
  /** Whether both ends can send and receive. Otherwise the first only receives, and the second only sends. Default `true`. */
  readonly duplex?: boolean;
}

const PIPE_OPTIONS = optionNames<PipeOptions>({ duplex: true });

/**
 * Makes a pipe: two connected ends. This process may use both, or send one of them to another process.
 *
 * @param options the value of `duplex`, or {@link PipeOptions}; default `true`
 * @throws {TypeError} if `duplex` is not a boolean
 *
 * @example
 * ```ts
 * const [reader, writer] = Pipe(false);
 * await writer.send(1);
 * console.log(await reader.recv()); // 1
 * ```
 */
export function Pipe<T = unknown>(options: PipeOptions | boolean = true): [Connection<T>, Connection<T>] {
  return makePipe(options);
}

/** Makes a pipe in the named backend. */
export function makePipe<T>(options: PipeOptions | boolean, backend?: string): [Connection<T>, Connection<T>] {
  const named = typeof options === "object" && options !== null ? options : { duplex: options };
  refuseUnknown(named, PIPE_OPTIONS, "Pipe");
  const { duplex = true } = named;
  if (typeof duplex !== "boolean") throw new TypeError(`Pipe takes a boolean or { duplex?: boolean }, received ${describe(duplex)}.`);
  const [first, second] = needingFiles(() => chooseBackend(backend).make(CONNECTION, { duplex }));
  return [Connection.adopt<T>(first), Connection.adopt<T>(second)];
}
