// Runs the commands `polyproc cluster`.
import { fileURLToPath } from "node:url";
import { tested } from "../suite/code.ts";
import { Program } from "../suite/program.ts";

export interface CommandResult {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

export async function run(args: readonly string[], runtime = "node"): Promise<CommandResult> {
  const program = new Program(runtime, fileURLToPath(tested.module("src/cli/polyproc")), { args: ["cluster", ...args] });
  const code = await program.closed;
  return { code, stdout: program.stdout, stderr: program.stderr };
}

/** The cells of a printed table, without its head. */
export function rowsIn(stdout: string): string[][] {
  const [, ...lines] = stdout.trimEnd().split("\n");
  return lines.map((line) => line.split(/ {2,}/));
}
