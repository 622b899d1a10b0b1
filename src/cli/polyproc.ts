#!/usr/bin/env node
// The command `polyproc`.
import { doctor } from "./doctor.ts";

const USAGE = `Usage: polyproc doctor

  doctor    what polyproc can do on this machine and runtime, and what is off (exit code 1)
`;

const commands: Readonly<Record<string, () => Promise<number> | number>> = { doctor, help, "--help": help, "-h": help };

function help(): number {
  process.stdout.write(USAGE);
  return 0;
}

const [name = "", ...rest] = process.argv.slice(2);
const command = rest.length === 0 && Object.hasOwn(commands, name) ? commands[name] : undefined;
if (command === undefined) process.stderr.write(USAGE);
process.exitCode = (await command?.()) ?? 2;
