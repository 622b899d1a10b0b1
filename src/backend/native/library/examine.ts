import { release } from "node:os";
import { runtime } from "../../../runtime/current.ts";
import { fs } from "../../../util/lazy-modules.ts";
import type { Findings } from "../../contract/backend.ts";
import { NATIVE } from "../core/location.ts";
import { fingerprint } from "./check.ts";
import { ABI } from "./functions.ts";
import { fileToLoad, loadLibrary } from "./load.ts";

/** The kernel features that the native backend uses, with the Linux version that added each. The library itself tests the `needed` ones. */
const FEATURES = [
  { name: "pidfd_open", since: "5.3", needed: true },
  { name: "pidfd_send_signal", since: "5.1", needed: true },
  { name: "waitid(P_PIDFD)", since: "5.4", needed: true },
  { name: "memfd_create and fallocate", since: "3.17", needed: true },
  { name: "open file description locks", since: "3.15", needed: true },
  { name: "close_range", since: "5.9", needed: false },
  { name: "futex_waitv", since: "5.16", needed: false },
] as const;

const VERDICTS = { true: "as built", false: "NOT AS BUILT", undefined: "nothing to compare it with" } as const;

type Lines = [label: string, text: string][];

/** Examines the library and the kernel of this machine, for `polyproc doctor`. `chosen`: the backend of new objects, if there is one. */
export function examineLibrary(chosen: string | undefined): Findings {
  const inUse = chosen === NATIVE;
  const lines: Lines = [];
  const advice: string[] = [];
  const isWanted = attempt(() => process.env.POLYPROC_BACKEND) !== "portable";
  // The library is loaded only if this process may use it.
  const reason = isWanted ? attempt(() => loadLibrary().reason) : undefined;
  const path = file(lines, inUse);
  if (path !== undefined && chosen !== undefined && !inUse && reason !== undefined && runtime.refusesLibrary(path) === undefined)
    advice.push(`The native library is there and can't be used: ${reason}. The portable backend is used instead.`);
  kernel(lines, inUse, reason);
  return { lines, advice };
}

// Reports on the library's file. Returns its path if it can be read.
function file(lines: Lines, inUse: boolean): string | undefined {
  const named = attempt(fileToLoad);
  const path = named === undefined ? undefined : attempt(() => fs().realpathSync(named));
  const found = path === undefined ? undefined : attempt(() => fingerprint(path));
  lines.push(["library", path ?? (named === undefined ? "none" : `${named}, which is not there`)]);
  if (found === undefined) return undefined;
  lines.push(["sha256", `${found.sha256} (${VERDICTS[`${found.asBuilt}`]})`]);
  if (inUse) lines.push(["ABI", String(ABI)]);
  return path;
}

function kernel(lines: Lines, inUse: boolean, reason: string | undefined): void {
  if (process.platform !== "linux") return;
  const version = attempt(release);
  lines.push(["kernel", version ?? "unknown: the program may not ask"]);
  for (const { name, since, needed } of FEATURES) {
    if (reason?.includes(`refuses ${name}`)) lines.push([`  ${name}`, "refused"]);
    else if (needed && inUse) lines.push([`  ${name}`, "yes, tried"]);
    else if (version !== undefined) lines.push([`  ${name}`, `${isAtLeast(version, since) ? "yes" : "no"}, by release: since ${since}`]);
  }
}

function isAtLeast(version: string, wanted: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split(".").map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

// The report leaves out the facts that the program has no permission to see.
function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
