import { describe } from "../util/describe.ts";
import { util } from "../util/lazy-modules.ts";
import { type LogLevel, type LogRecord, prepareOnce } from "./events.ts";
// So that the log obeys POLYPROC_LOG.
import "./observers.ts";
import { isLogged, LEVELS, logHandlers, logSettings, writeLog } from "./log.ts";

/**
 * The log of this library, which programs may use too: see {@link getLogger}. A line has the level, the name of the process, the message and the
 * process id: `[INFO/Process-1] read 17 lines (pid 4711)`.
 */
class Logger {
  /** The least level of lines that are written. At first it is "warning", as in Python. */
  get level(): LogLevel {
    return logSettings.level;
  }

  /**
   * Sets the least level of lines that are written: by this process, and by those that it starts from now on.
   *
   * @throws {RangeError} for another name
   */
  setLevel(level: LogLevel): void {
    if (!LEVELS.includes(level)) throw new RangeError(`A level of the log is one of ${LEVELS.join(", ")}, received ${describe(level)}.`);
    logSettings.level = level;
  }

  /** Returns whether a line of this level is written anywhere. It never throws. */
  isEnabledFor(level: LogLevel): boolean {
    return isLogged(level);
  }

  /** Writes a line of the level "debug". The values are formatted as by `console.log`. It never throws. */
  debug(message: unknown, ...values: readonly unknown[]): void {
    log("debug", message, values);
  }

  /** Writes a line of the level "info". The values are formatted as by `console.log`. It never throws. */
  info(message: unknown, ...values: readonly unknown[]): void {
    log("info", message, values);
  }

  /** Writes a line of the level "warning". The values are formatted as by `console.log`. It never throws. */
  warning(message: unknown, ...values: readonly unknown[]): void {
    log("warning", message, values);
  }

  /** Writes a line of the level "error". The values are formatted as by `console.log`. It never throws. */
  error(message: unknown, ...values: readonly unknown[]): void {
    log("error", message, values);
  }

  /**
   * Calls a function for each line of this process, to hand it to another logger. It returns a function that removes the handler. Lines of other
   * processes do not come here: add a handler in each.
   *
   * @throws {TypeError} if the handler is no function
   */
  addHandler(handler: (record: LogRecord) => void): () => void {
    if (typeof handler !== "function") throw new TypeError(`A handler of the log must be a function, received ${describe(handler)}.`);
    logHandlers.add(handler);
    return () => void logHandlers.delete(handler);
  }
}

export type { Logger };

const logger = new Logger();

/**
 * Returns the logger of this library. It writes nothing before {@link logToStderr} or `addHandler` is called. A process that is started takes over
 * the level, and whether lines go to stderr.
 *
 * @example
 * ```ts
 * getLogger().info("read %d lines", 17);
 * ```
 */
export function getLogger(): Logger {
  prepareOnce();
  return logger;
}

/**
 * Makes the log go to stderr, in this process and in those that it starts from now on, and returns the logger. The variable `POLYPROC_LOG=info`
 * does the same without a change of the program. Further calls add no further output.
 *
 * @param level the least level of lines that are written: "debug", "info", "warning" or "error"; default: as it is, "warning" at first
 * @throws {RangeError} for another name of a level
 *
 * @example
 * ```ts
 * logToStderr("info").info("ready"); // [INFO/MainProcess] ready (pid 4711)
 * ```
 */
export function logToStderr(level?: LogLevel): Logger {
  prepareOnce();
  if (level !== undefined) logger.setLevel(level);
  logSettings.isOnStderr = true;
  return logger;
}

function log(level: LogLevel, message: unknown, values: readonly unknown[]): void {
  if (isLogged(level)) writeLog(level, util().format(message, ...values));
}
