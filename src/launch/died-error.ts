import { ProcessDiedError } from "../errors/errors.ts";
import type { Ending } from "./running-child.ts";

/** The process of an ending. */
export interface DeadProcess {
  readonly name: string;
  readonly pid: number | undefined;
  /** Whether this program has killed it, or asked it to end. */
  readonly wasKilledHere: boolean;
}

/**
 * Makes the error of a process that has ended.
 *
 * @param so what follows from its end, as the end of a sentence
 */
export function diedError({ name, pid, wasKilledHere }: DeadProcess, ending: Ending, so: string): ProcessDiedError {
  const { exitCode, isKnown, signal, stderr, lost } = ending;
  if (lost !== undefined)
    return new ProcessDiedError(`${name} (pid ${pid} on another host) counts as ended${so}, with exit code ${exitCode}: ${lost}`, {
      fields: { pid, exitCode, signal },
    });
  const unknown = `in a way that the system does not tell (exit code ${exitCode} stands for that)`;
  const how = signal !== null ? `by ${signal}` : isKnown ? `with exit code ${exitCode}` : unknown;
  const hint = signal === "SIGKILL" && !wasKilledHere ? " (possibly out of memory)" : "";
  const last = stderr === "" ? "" : `\nThe last of its stderr:\n${stderr}`;
  return new ProcessDiedError(`${name} (pid ${pid}) ended ${how}${hint}${so}.${last}`, {
    fields: { pid, exitCode, signal, ...(stderr === "" ? {} : { stderr }) },
  });
}
