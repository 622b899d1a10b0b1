import { ProcessError } from "../errors/errors.ts";
import { runtime } from "../runtime/current.ts";
import { fs } from "../util/lazy-modules.ts";
import { type CommandOptions, commandFor, toPath } from "./command.ts";

/** The error to report when a child could not be started: what is true, and what to look at. */
export function startFailure(error: unknown, settings: CommandOptions, entry: URL): unknown {
  if (error instanceof ProcessError || error instanceof TypeError) return error;
  const { cwd } = settings;
  const why = error instanceof Error ? error.message : String(error);
  if (cwd !== undefined && !fs().existsSync(cwd))
    return new ProcessError(`The process could not be started: its cwd ${toPath(cwd)} does not exist.`, { cause: error });
  const { file } = commandFor(entry, settings, { writable: [] });
  const hint = isDenied(error) ? ` ${runtime.needs}` : "";
  return new ProcessError(
    `The process could not be started: ${why}. Its program is ${JSON.stringify(file)}: is it there, and may it be run?${hint}`,
    { cause: error },
  );
}

// The runtime's own permissions refused it, not the system.
function isDenied(error: unknown): boolean {
  return error instanceof Error && (error.name === "NotCapable" || (error as NodeJS.ErrnoException).code === "ERR_ACCESS_DENIED");
}
