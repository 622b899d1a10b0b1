// Finds a nats-server for development and tests, and fetches one where there is none.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { root } from "../setup.mjs";
import { fetchPackages } from "./fetch-packages.mjs";

const fileName = process.platform === "win32" ? "nats-server.exe" : "nats-server";
/** Debian 12 has a server that is too old. That of Debian 13 runs on both. */
const SUITE = "trixie";
const fetched = join(root, "node_modules/.cache/nats-server");
const cached = join(fetched, "usr/sbin", fileName);
const advice =
  "Install version 2.10 or later (https://nats.io/download, or `brew install nats-server`) so that it is on PATH, or set POLYPROC_NATS=FILE.";

/**
 * Gives `{ path, version }` of the server that POLYPROC_NATS names, else of one on PATH, else of the one that was fetched, now or earlier. Where
 * none can be had, gives `{ reason }`, which also says what to do.
 */
export function findServer() {
  const { POLYPROC_NATS: named, PATH = "" } = process.env;
  if (named) {
    const { fault, ...server } = examine(named);
    return fault === undefined ? server : { reason: `POLYPROC_NATS names ${named}, which ${fault}. ${advice}` };
  }
  const faults = [];
  const installed = PATH.split(delimiter).map((folder) => join(folder, fileName));
  for (const path of [...installed, cached].filter((each) => existsSync(each))) {
    const { fault, ...server } = examine(path);
    if (fault === undefined) return server;
    faults.push(`${path} ${fault}.`);
  }
  const failure = fetchPackages(["nats-server"], SUITE, fetched);
  const { fault, ...server } = failure === undefined ? examine(cached) : { fault: failure };
  if (fault === undefined) return server;
  return {
    reason: ["There is no nats-server that polyproc can use.", ...faults, `One from Debian's packages ${fault}.`, advice].join(" "),
  };
}

/** Runs it, because one for another machine or C library can't be told by its name. */
function examine(path) {
  const { stdout, error, status, signal } = spawnSync(path, ["--version"], { encoding: "utf8", timeout: 10_000, killSignal: "SIGKILL" });
  const [, version, major, minor] = /v((\d+)\.(\d+)\.\S+)/.exec(stdout ?? "") ?? [];
  if (status !== 0 || version === undefined)
    return { fault: `does not run as a server (${error?.message ?? signal ?? `exit code ${status}`})` };
  // Streams can carry notes about themselves since 2.10, and polyproc relies on them.
  if (Number(major) < 2 || (Number(major) === 2 && Number(minor) < 10)) return { fault: `has version ${version}, which is too old` };
  return { path, version };
}
