// The Python interpreters of this machine, for the comparisons and the tests against CPython.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

export interface Python {
  /** The program file. */
  readonly path: string;
  /** Such as "3.13.0". */
  readonly version: string;
  /** 13 for "3.13.0". */
  readonly minor: number;
}

const PRINT_VERSION = "import sys; print(sys.executable, '.'.join(map(str, sys.version_info[:3])))";
const MINOR_VERSIONS = [11, 12, 13, 14, 15];
const LIMIT_MS = 20_000;

function ask(command: string): Python[] {
  const { status, stdout } = spawnSync(command, ["-c", PRINT_VERSION], { encoding: "utf8", timeout: LIMIT_MS });
  const [path = "", version = ""] = (stdout ?? "").trim().split(" ");
  return status === 0 && version.startsWith("3.") ? [{ path, version, minor: Number(version.split(".")[1]) }] : [];
}

/**
 * All Python 3 interpreters, one of each minor version, the newest first. The environment variable POLYPROC_PYTHON names a single one;
 * without it, PATH and the folder of pyenv are searched.
 */
export function findPythons(): Python[] {
  const named = process.env.POLYPROC_PYTHON;
  if (named !== undefined && named !== "") return ask(named);
  const pyenv = join(process.env.PYENV_ROOT ?? join(homedir(), ".pyenv"), "versions");
  const installed = existsSync(pyenv) ? readdirSync(pyenv).map((name) => join(pyenv, name, "bin/python3")) : [];
  const onPath = ["python3", ...MINOR_VERSIONS.map((minor) => `python3.${minor}`)];
  const found = [...installed.filter((path) => existsSync(path)), ...onPath].flatMap(ask);
  found.sort((a, b) => b.version.localeCompare(a.version, "en", { numeric: true }));
  return found.filter(({ minor }, i) => found.findIndex((other) => other.minor === minor) === i);
}
