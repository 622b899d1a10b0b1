import { spawn } from "node:child_process";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { commands, pathWithRuntimes } from "../suite/runtimes.ts";

const places = dirname(fileURLToPath(import.meta.url));

/** How a program ended. */
export interface Ended {
  /** -1 after a signal. */
  readonly code: number;
  readonly stdout: string;
  /** All that it printed, also to stderr. */
  readonly output: string;
}

/** The longest time for one program. A child that starts itself again and again ends then. */
const LIMIT = 100_000;

/** A copy of a project in projects/, in a folder of its own, so that what a tool writes there disturbs no other test. */
export class Project {
  readonly folder: string;

  constructor(name: string, as: string = name) {
    this.folder = join(places, "work", as);
    rmSync(this.folder, { recursive: true, force: true });
    mkdirSync(dirname(this.folder), { recursive: true });
    cpSync(join(places, "projects", name), this.folder, { recursive: true });
  }

  /** Writes a file into the copy. */
  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  /** Runs a module of an installed tool on Node, such as `["vitest/vitest.mjs", "run"]`. */
  tool([module, ...args]: readonly [string, ...string[]], more: Readonly<Record<string, string>> = {}): Promise<Ended> {
    return this.run([...(commands.node ?? []), join(places, "node_modules", module), ...args], more);
  }

  /** Runs a program in the project's folder. */
  run(command: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Ended> {
    return runIn(this.folder, command, more);
  }
}

/** Runs a program in a folder. The variables of this test's own runner are left out. */
export function runIn(cwd: string, [program = "", ...args]: readonly string[], more: Readonly<Record<string, string>>): Promise<Ended> {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(VITEST|NODE_|TEST$|MODE$|DEV$|PROD$|SSR$|BASE_URL$|FORCE_COLOR)/.test(name),
  );
  const env = { ...Object.fromEntries(own), PATH: pathWithRuntimes(), NO_COLOR: "1", ...more };
  const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT);
  let output = "";
  let stdout = "";
  child.stdout.on("data", (text: string) => {
    stdout += text;
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      output += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? -1, stdout, output });
    });
  });
}

/** The command of a runtime, without the flags for running a file. */
export function program(runtime: string): string {
  return commands[runtime]?.[0] ?? "";
}
