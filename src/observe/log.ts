import { date, soon } from "../util/clock.ts";
import { addObserver, type Events, type LogLevel, type LogRecord, type Observer, type Topic } from "./events.ts";
import { writeRecord } from "./lines.ts";
import { ownName } from "./own-name.ts";
import { textOf } from "./texts.ts";

/** The names of all levels, the least important one first. */
export const LEVELS: readonly LogLevel[] = ["debug", "info", "warning", "error"];

/** The settings of the log in this process. */
export interface LogSettings {
  /** The least level of lines that are written. */
  level: LogLevel;
  isOnStderr: boolean;
}

// As in Python, only warnings are written unless the program says more.
export const logSettings: LogSettings = { level: "warning", isOnStderr: false };

/** Each is called with the lines of this process. */
export const logHandlers: Set<(record: LogRecord) => void> = new Set();

/** Whether a line of this level is written anywhere. */
export function isLogged(level: LogLevel): boolean {
  return (logSettings.isOnStderr || logHandlers.size > 0) && LEVELS.indexOf(level) >= LEVELS.indexOf(logSettings.level);
}

/** Writes a line. */
export function writeLog(level: LogLevel, message: string): void {
  const record: LogRecord = { level, message, processName: ownName(), pid: process.pid, time: date() };
  if (logSettings.isOnStderr) writeRecord(record);
  for (const handler of logHandlers) {
    try {
      handler(record);
    } catch (error) {
      // It must not fail what the line tells of. So it becomes an error of the program.
      soon(() => {
        throw error;
      });
    }
  }
}

const log: Observer = {
  // Of tasks, which are many, only what is unusual comes into the log, as notes.
  hears: (topic: Topic) => (topic === "note" || topic === "process" || topic === "lost") && isLogged("error"),
  hear<T extends Topic>(topic: T, event: Events[T]): void {
    const line = textOf(topic, event);
    if (line !== undefined && isLogged(line.level)) writeLog(line.level, line.text());
  },
};

addObserver(log);
