import assert from "node:assert/strict";
import { capabilities, Process, type ProcessOptions } from "../../mod.ts";

export const MIB: number = 1 << 20;

/** Its length is a prime number, so that no size of a buffer is a multiple of it. */
const PERIOD = Uint8Array.from({ length: 251 }, (_, i) => i);

/** The UTF-8 bytes of a text. */
export const utf8 = (value: string): Uint8Array => new TextEncoder().encode(value);

/** Whether these are `size` bytes of one value. */
export function isFilled(bytes: Uint8Array, size: number, value: number): boolean {
  // Buffer compares many times faster than a callback for each byte.
  return Buffer.alloc(size, value).equals(bytes);
}

/** Bytes that differ from their neighbours, so that a shift is seen. */
export function pattern(size: number): Uint8Array {
  return new Uint8Array(Buffer.alloc(size, PERIOD));
}

/** Whether new objects are of the native backend. */
export const isNative: boolean = capabilities().backend === "native";

/** Starts a process. */
export async function started<A extends readonly unknown[], R>(options: ProcessOptions<A, R>): Promise<Process<A, R>> {
  const process = new Process<A, R>(options);
  await process.start();
  return process;
}

/** What is told of a process that ended itself by SIGKILL. Windows has no signals, and such an end is an exit code there. */
export const KILLED_ITSELF: { readonly exitCode: number; readonly signal: "SIGKILL" | null; readonly text: RegExp } =
  process.platform === "win32" ? { exitCode: 1, signal: null, text: /exit code 1/ } : { exitCode: -9, signal: "SIGKILL", text: /SIGKILL/ };

// Wine takes longer to start a program than Linux.
const PATIENCE = process.platform === "linux" ? 20_000 : 50_000;

/** Runs a process to its end, asserts that it exited with 0, and gives its result. */
export async function run<A extends readonly unknown[], R>(options: ProcessOptions<A, R>): Promise<R> {
  const process = await started(options);
  const result = await process.result({ timeout: PATIENCE });
  assert.equal(await process.join({ timeout: PATIENCE }), 0);
  process.close();
  return result;
}

/** Asserts that a promise rejects with this class, and gives the error. */
export async function rejects(
  promise: Promise<unknown>,
  Class: abstract new (...args: never[]) => Error,
  message: RegExp = /./,
): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof Class, `expected ${Class.name}, got ${String(error)}`);
    assert.match(error.message, message);
    return error;
  }
  assert.fail(`expected ${Class.name}, and it resolved`);
}
