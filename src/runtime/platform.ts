import { fs } from "../util/lazy-modules.ts";

/** What differs between operating systems, by what it means for this package. */
export interface Platform {
  readonly name: NodeJS.Platform;
  /** Whether a local socket is a file in a folder. If not, it is a named pipe, whose name must never be looked for among files: that connects. */
  readonly hasSocketFiles: boolean;
  /** The longest path of a socket in bytes, without the zero at its end. */
  readonly longestSocketPath: number;
  /** Folders for temporary files where the usual one can't be used. */
  readonly otherTemporaryFolders: readonly string[];
  /** Whether each child gets a session of its own. If not, only a detached child does: it loses the console with that. */
  readonly hasSessions: boolean;
  /** Whether a process can be sent a signal, which it may handle. If not, each signal ends it at once. */
  readonly hasSignals: boolean;
  /** Whether processes that share an output also share its mode O_NONBLOCK. */
  readonly sharesOutputModes: boolean;
  /** Whether "PATH" and "Path" are the same variable. */
  readonly ignoresCaseOfVariables: boolean;
  /** A file that is always there, and empty. */
  readonly nullDevice: string;
}

const LINUX = 107;
const OTHERS = 103;

/** Returns the facts of a system. */
export function platformOf(name: NodeJS.Platform): Platform {
  const isWindows = name === "win32";
  return {
    name,
    hasSocketFiles: !isWindows,
    longestSocketPath: name === "linux" ? LINUX : OTHERS,
    // A container that may only be read often has the last one.
    otherTemporaryFolders: isWindows ? [] : ["/tmp", "/var/tmp", "/dev/shm"],
    hasSessions: !isWindows,
    hasSignals: !isWindows,
    sharesOutputModes: !isWindows,
    ignoresCaseOfVariables: isWindows,
    nullDevice: isWindows ? "\\\\.\\nul" : "/dev/null",
  };
}

/** The system of this process. */
export const platform: Platform = platformOf(process.platform);

/**
 * Returns the text of a file below /proc. Throws if this system has none. Other systems than Linux are not asked, because on Windows the path
 * means a folder of the current drive, which anybody may have made.
 */
export function readProc(path: string, encoding: "utf8" | "latin1" = "utf8"): string {
  if (platform.name !== "linux") throw new Error(`/proc/${path} exists only on Linux.`);
  return fs().readFileSync(`/proc/${path}`, encoding);
}
