import type { ProcessOptions } from "../../../mod.ts";
import { getLogger, logToStderr, Process } from "../../../mod.ts";
import { started } from "../../suite/help.ts";
import { textOf } from "../process/helpers.ts";

/** A line of the log: its level, the name of the process, the message and the process id. */
export interface Line {
  readonly level: string;
  readonly name: string;
  readonly text: string;
  readonly pid: number;
}

/** Reads lines of the log. Throws for one that is not whole. */
export function parse(log: string): Line[] {
  if (log !== "" && !log.endsWith("\n")) throw new Error("The last line has no end.");
  return log
    .split("\n")
    .slice(0, -1)
    .map((line) => {
      const [, level = "", name = "", text = "", pid = ""] = /^\[([A-Z]+)\/([^\]]+)\] (.*) \(pid (\d+)\)$/.exec(line) ?? [];
      if (level === "") throw new Error(`This is no line of the log: ${line.slice(0, 200)}`);
      return { level, name, text, pid: Number(pid) };
    });
}

/** Runs a target in a child of its own, and gives what it and its children write to stderr. */
export async function stderrOf<A extends readonly unknown[]>(options: ProcessOptions<A, unknown>): Promise<string> {
  const child = await started({ ...options, stderr: "pipe" } as ProcessOptions<A, unknown>);
  const text = await textOf(child.stderr);
  await child.join();
  return text;
}

export function say(text: string): void {
  getLogger().info(text);
}

/** Starts a child that says something, with this level. */
export async function parentOfOne(level: "debug" | "info" | "warning"): Promise<void> {
  logToStderr(level);
  const child = new Process({ target: say, args: ["hello"], name: "speaker" });
  await child.start();
  await child.join();
}
