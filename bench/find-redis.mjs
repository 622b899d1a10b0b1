// Finds a server of Redis or Valkey for the rows that compare with BullMQ, and fetches one where there is none.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fetchPackages } from "../scripts/cluster/fetch-packages.mjs";
import { root } from "../scripts/setup.mjs";

const fetched = join(root, "node_modules/.cache/redis-server");
const PACKAGES = ["redis-server", "redis-tools", "libjemalloc2", "liblzf1"];
const advice = "Install redis-server or valkey-server so that it is on PATH, or set POLYPROC_REDIS=FILE.";
let found;

/**
 * Gives the `env` with which POLYPROC_REDIS names a server: the one that it names already, else one on PATH, else the one that was fetched, now or
 * earlier. Where none can be had, gives `{ reason }`, which also says what to do.
 */
export function findRedis() {
  found ??= find();
  return found;
}

function find() {
  const { POLYPROC_REDIS: named, PATH = "" } = process.env;
  if (named) return serves(named) ? { env: {} } : { reason: `POLYPROC_REDIS names ${named}, which does not run as a server. ${advice}` };
  const installed = PATH.split(delimiter).flatMap((folder) => ["redis-server", "valkey-server"].map((name) => join(folder, name)));
  const path = installed.find((each) => existsSync(each) && serves(each));
  if (path !== undefined) return { env: { POLYPROC_REDIS: path } };
  const failure = fetchedEnv() === undefined ? fetchPackages(PACKAGES, suite(), fetched) : undefined;
  const env = fetchedEnv();
  return env === undefined
    ? { reason: `There is no server of Redis. One from Debian's packages ${failure ?? "does not run"}. ${advice}` }
    : { env };
}

// The libraries that it needs lie in the same folder.
function fetchedEnv() {
  const machine = { x64: "x86_64", arm64: "aarch64" }[process.arch];
  const env = { POLYPROC_REDIS: join(fetched, "usr/bin/redis-server"), LD_LIBRARY_PATH: join(fetched, `usr/lib/${machine}-linux-gnu`) };
  return serves(env.POLYPROC_REDIS, env) ? env : undefined;
}

function serves(path, env = {}) {
  const { stdout, status } = spawnSync(path, ["--version"], { encoding: "utf8", timeout: 10_000, env: { ...process.env, ...env } });
  return status === 0 && /\bv=\d/.test(stdout);
}

/** Its C library is that of this machine. */
function suite() {
  const system = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  return /^VERSION_CODENAME=(\w+)/m.exec(system)?.[1] ?? "stable";
}
