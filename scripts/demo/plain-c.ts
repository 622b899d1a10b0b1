// The same work in plain C, to see how much faster several processes can be on this machine at all.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const source = fileURLToPath(new URL("count-words.c", import.meta.url));
const FLAGS = "-std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes -Werror".split(" ");

/** What the C program found, and the milliseconds that it took. */
export interface Counted {
  readonly files: number;
  readonly words: number;
  readonly ms: number;
}

/** Counts the words in batches of files with this many processes. */
export type Count = (batches: readonly string[][], processes: number) => Counted;

/** Compiles the C program into a folder. Returns the reason as text if that is not possible. */
export function compileC(folder: string): Count | string {
  const compiler = process.env.CC ?? "cc";
  const program = join(folder, "count-words");
  const compiled = spawnSync(compiler, [...FLAGS, source, "-o", program], { encoding: "utf8" });
  if (compiled.error !== undefined) return `there is no C compiler (${compiler})`;
  if (compiled.status !== 0) return `${compiler} failed:\n${compiled.stderr}`;
  return (batches, processes) => {
    const input = batches.map((files) => `${files.join("\n")}\n\n`).join("");
    const { status, stdout, stderr } = spawnSync(program, [String(processes)], { input, encoding: "utf8" });
    if (status !== 0) throw new Error(`The C program ended with ${status}: ${stderr}`);
    return JSON.parse(stdout) as Counted;
  };
}
