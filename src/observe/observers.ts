// The observers of this process: which of them are on, and what a child takes over. Importing this module adds them.
import "./channels.ts";
import { type LogLevel, prepareBy, prepareOnce } from "./events.ts";
import { LEVELS, type LogSettings, logSettings } from "./log.ts";
import { writeStderr } from "./stderr.ts";
import { beginTrace, joinTrace, type TraceSettings, traceOfChild } from "./trace.ts";

/** What a child takes over of its parent's observers, at the moment of its start. */
export interface Observed {
  readonly log: Readonly<LogSettings>;
  readonly trace: TraceSettings | undefined;
}

/** Returns what a child that starts now takes over. */
export function observedByChild(): Observed {
  prepareOnce();
  return { log: { ...logSettings }, trace: traceOfChild() };
}

/** Makes this process observe what its parent said, in place of what the variables say. Without an argument it observes nothing. */
export function observe(observed?: Observed): void {
  prepareBy(undefined);
  Object.assign(logSettings, observed?.log ?? { isOnStderr: false });
  joinTrace(observed?.trace);
}

function variable(name: string): string | undefined {
  try {
    return process.env[name] || undefined;
  } catch {
    // Deno without --allow-env can't read the variable.
    return undefined;
  }
}

function obeyVariables(): void {
  const level = variable("POLYPROC_LOG");
  if (level !== undefined && !LEVELS.includes(level as LogLevel))
    writeStderr(`POLYPROC_LOG must be one of ${LEVELS.join(", ")}, and it is ${JSON.stringify(level)}: nothing is logged.\n`);
  else if (level !== undefined) Object.assign(logSettings, { level: level as LogLevel, isOnStderr: true });
  const path = variable("POLYPROC_TRACE");
  if (path !== undefined) beginTrace(path);
}

prepareBy(obeyVariables);
