import { ProcessError } from "../errors/errors.ts";
import { runtime } from "../runtime/current.ts";
import { fs } from "../util/lazy-modules.ts";
import { type CommandOptions, commandFor, toPath } from "./command.ts";

/** Returns the error to throw when a child could not be started. Its message says what failed and what to check. */
export function startFailure(error: unknown, settings: CommandOptions): unknown {
  if (error instanceof ProcessError || error instanceof TypeError) return error;
  const { cwd } = settings;
  const why = error instanceof Error ? error.message : String(error);
  if (cwd !== undefined && !fs().existsSync(cwd))
    return new ProcessError(
      `The process could not be started: its cwd ${toPath(cwd)} does not exist. Make that folder, or choose another one.`,
      { cause: error },
    );
  const { file } = commandFor(settings, { writable: [] });
  const hint = isDenied(error) ? ` ${runtime.needs}` : "";
  return new ProcessError(
    `The process could not be started: ${why}. Its program is ${JSON.stringify(file)}: check that it exists and may be run.${hint}`,
    { cause: error },
  );
}

// Whether the runtime's own permissions caused the error, and not those of the system.
function isDenied(error: unknown): boolean {
  return error instanceof Error && (error.name === "NotCapable" || (error as NodeJS.ErrnoException).code === "ERR_ACCESS_DENIED");
}
