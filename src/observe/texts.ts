import type { Events, LogLevel, LostEvent, Note, ProcessEvent, Topic } from "./events.ts";

/** Returns the line of the log for an event, if it has one. */
export function textOf<T extends Topic>(topic: T, event: Events[T]): Note | undefined {
  if (topic === "note") return event as Note;
  if (topic === "process") return { level: "info", text: () => ofProcess(event as ProcessEvent) };
  if (topic === "lost") return { level: levelOf(event as LostEvent), text: () => ofLoss(event as LostEvent) };
  return undefined;
}

function ofProcess({ event, name, pid, target, exitCode, signal, duration = 0 }: ProcessEvent): string {
  const who = `${name}, process ${pid},`;
  if (event === "start") return `${who} was started${target === null ? "" : ` to run ${target}`}`;
  const how = typeof signal === "string" ? `by ${signal}` : `with exit code ${exitCode}`;
  return `${who} has ended ${how} after ${Math.round(duration)} ms`;
}

// Many a process ends after the one that hosts its objects, and does not need them any more.
function levelOf({ what }: LostEvent): LogLevel {
  return what === "host" ? "info" : "warning";
}

function ofLoss({ description }: LostEvent): string {
  return `lost: ${description}`;
}
