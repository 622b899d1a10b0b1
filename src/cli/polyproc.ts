#!/usr/bin/env node
/**
 * The program behind the command `polyproc`. Deno runs it as `deno run -A jsr:@polyproc/polyproc/cli doctor`.
 *
 * @module
 */

import { doctor } from "./doctor.ts";

const USAGE = `Usage: polyproc doctor

  doctor    shows what polyproc can do with this machine and runtime; exits with 1 if there are problems, and names them
`;

const commands: Readonly<Record<string, () => Promise<number> | number>> = { doctor, help, "--help": help, "-h": help };

function help(): number {
  process.stdout.write(USAGE);
  return 0;
}

const [name = "", ...rest] = process.argv.slice(2);
const command = rest.length === 0 && Object.hasOwn(commands, name) ? commands[name] : undefined;
if (command === undefined) process.stderr.write(USAGE);
// 2 is the usual exit code for a wrong command line.
process.exitCode = (await command?.()) ?? 2;
