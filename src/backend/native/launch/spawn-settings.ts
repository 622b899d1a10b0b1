import { UnsupportedError } from "../../../errors/errors.ts";
import type { Command } from "../../../runtime/contract.ts";
import type { Limits, StartOptions } from "../../contract/launcher.ts";
import { text } from "../library/result.ts";

// struct pp_spawn: four 64-bit limits, 16 words of CPUs, then three descriptors, argc, envc, inherit and wake.
const CPUS_AT = 32;
const FDS_AT = CPUS_AT + 128;
const SIZE = FDS_AT + 32;

/** The arguments of `pp_spawn` that describe the child. */
export interface SpawnArguments {
  readonly settings: Uint8Array;
  readonly strings: Uint8Array;
}

/** Encodes the settings of a child. The descriptors become its stdin, stdout and stderr; -1 is the null device. */
export function spawnArguments(
  command: Command,
  { limits, detached }: StartOptions,
  fds: readonly [number, number, number],
): SpawnArguments {
  // The program may have changed its environment in a way that the C library does not see. So the whole environment is passed if it is
  // known.
  const variables = environmentStrings({ ...command.environment, ...command.env });
  const counts = [command.args.length + 1, variables.length, command.environment === undefined ? 1 : 0, detached ? 0 : 1];
  return {
    settings: encodeSettings(limits, [...fds, ...counts]),
    strings: text(command.file, command.cwd ?? "", command.file, ...command.args, ...variables),
  };
}

/** Throws `UnsupportedError` for strings that can't be passed to a program. */
export function checkStrings(command: Command): void {
  const all = [command.file, command.cwd ?? "", ...command.args, ...environmentStrings(command.env)];
  // The caller's command, arguments or environment have a NUL character, which would end the string early.
  if (all.some((each) => each.includes("\0")))
    throw new UnsupportedError("A program's name, arguments and environment can't contain a NUL character: remove it.");
}

// A name without "=" removes the variable.
function environmentStrings(env: Command["env"]): string[] {
  return Object.entries(env).map(([name, value]) => (value === undefined ? name : `${name}=${value}`));
}

function encodeSettings(limits: Limits = {}, numbers: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(SIZE);
  const view = new DataView(bytes.buffer);
  const { memory = 0, cpuTime = 0, openFiles = 0, nice = 0, cpus = [] } = limits;
  for (const [i, value] of [memory, Math.ceil(cpuTime / 1000), openFiles, nice].entries()) view.setBigInt64(8 * i, BigInt(value), true);
  for (const cpu of cpus) bytes[CPUS_AT + (cpu >> 3)] = (bytes[CPUS_AT + (cpu >> 3)] ?? 0) | (1 << (cpu & 7));
  for (const [i, value] of numbers.entries()) view.setInt32(FDS_AT + 4 * i, value, true);
  return bytes;
}
