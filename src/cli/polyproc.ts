#!/usr/bin/env node
/**
 * The program behind the command `polyproc`. Deno runs it as `deno run -A jsr:@polyproc/polyproc/cli doctor`.
 *
 * @module
 */

import { doctor } from "./doctor.ts";
import { ps, psOptions } from "./ps.ts";

const USAGE = `Usage: polyproc doctor
       polyproc ps [--watch] [--json] [PID]

  doctor    shows what polyproc can do with this machine and runtime; exits with 1 if there are problems, and names them
  ps        shows this user's process trees: processes, pools, queues and locks, who waits for whom, and deadlocks
            --watch  prints anew every second
            --json   prints JSON; docs/ps.md describes it
            PID      shows only the tree of this process
`;

type Command = (args: readonly string[]) => Promise<number> | number | undefined;

const withoutArguments =
  (command: () => Promise<number> | number): Command =>
  (args) =>
    args.length === 0 ? command() : undefined;

const commands: Readonly<Record<string, Command>> = {
  doctor: withoutArguments(doctor),
  ps: (args) => {
    const options = psOptions(args);
    return options === undefined ? undefined : ps(options);
  },
  help: withoutArguments(help),
  "--help": withoutArguments(help),
  "-h": withoutArguments(help),
};

function help(): number {
  process.stdout.write(USAGE);
  return 0;
}

const [name = "", ...rest] = process.argv.slice(2);
const running = Object.hasOwn(commands, name) ? commands[name]?.(rest) : undefined;
if (running === undefined) process.stderr.write(USAGE);
// 2 is the usual exit code for a wrong command line.
process.exitCode = (await running) ?? 2;
