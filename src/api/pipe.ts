import { CONNECTION } from "../backend/contract/connection.ts";
import { chooseBackend } from "../backend/registry.ts";
import { checkName } from "../objects/make.ts";
import { nameObject } from "../objects/named.ts";
import { needingFiles } from "../objects/unclosed.ts";
import { describe } from "../util/describe.ts";
import { optionNames, refuseUnknown } from "../util/known-options.ts";
import { Connection } from "./connection.ts";

/** Options of {@link Pipe}. */
export interface PipeOptions {
  /** Whether both ends can send and receive. Otherwise the first only receives, and the second only sends. Default `true`. */
  readonly duplex?: boolean;
  /** A label, by which logs and `polyproc ps` call both ends. They show 64 characters of it. Default: none. */
  readonly name?: string | undefined;
}

const PIPE_OPTIONS = optionNames<PipeOptions>({ duplex: true, name: true });

/**
 * Makes a pipe: two connected ends. This process may use both, or send one of them to another process.
 *
 * @param options the value of `duplex`, or {@link PipeOptions}; default `true`
 * @throws {TypeError} if `duplex` is not a boolean, or `name` is not a string
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
  const name = checkName("name" in named ? named.name : undefined);
  if (typeof duplex !== "boolean")
    throw new TypeError(`Pipe takes a boolean or { duplex?: boolean, name?: string }, received ${describe(duplex)}.`);
  const [first, second] = needingFiles(() => chooseBackend(backend).make(CONNECTION, { duplex }, { name }));
  for (const end of [first, second]) nameObject(end, name);
  return [Connection.adopt<T>(first), Connection.adopt<T>(second)];
}
