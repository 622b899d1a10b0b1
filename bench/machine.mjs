// Describes the machine of a run, and the versions of everything that is measured.
import { spawnSync } from "node:child_process";
import { cpus, loadavg, release, totalmem } from "node:os";
import { root } from "../scripts/setup.mjs";
import { commands, RUNTIMES } from "../test/suite/runtimes.ts";
import { findPython } from "./commands.mjs";

function output(file, args) {
  const { status, stdout } = spawnSync(file, args, { cwd: root, encoding: "utf8" });
  return status === 0 ? stdout.trim().split("\n")[0] : undefined;
}

export function describeMachine() {
  const versions = RUNTIMES.map((name) => [name, output(commands[name][0], ["--version"])?.match(/\d+\.\d+\.\d+/)?.[0] ?? "missing"]);
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    load: loadavg()[0],
    versions: { ...Object.fromEntries(versions), python: findPython()?.version ?? "missing", cc: output("cc", ["--version"]) ?? "missing" },
    commit: output("git", ["rev-parse", "--short", "HEAD"]),
    date: new Date().toISOString(),
  };
}

export function machineLine({ cpu, cores, memoryGiB, kernel, load, versions: v, commit, date }) {
  const host = `${cpu}, ${cores} cores, ${memoryGiB} GiB, Linux ${kernel}, load ${load.toFixed(1)} at the start`;
  return `${host}; Node ${v.node}, Deno ${v.deno}, Bun ${v.bun}, CPython ${v.python}, ${v.cc}; commit ${commit}, ${date.slice(0, 10)}.`;
}
