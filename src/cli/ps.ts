import { UnsupportedError } from "../errors/errors.ts";
import type { Snapshot } from "../inspect/facts.ts";
import { reportOf } from "../inspect/report.ts";
import { look } from "../inspect/snapshot.ts";
import { platform } from "../runtime/platform.ts";
import { sleep } from "../util/clock.ts";
import { messageOf } from "./doctor-checks.ts";

const EVERY_MS = 1000;
const USUAL_WIDTH = 120;
const USUAL_HEIGHT = 40;
/** Clears the terminal, and goes to its first line. */
const CLEAR = "\u001b[H\u001b[2J\u001b[3J";

/** The arguments of the command. */
export interface PsOptions {
  readonly watches: boolean;
  readonly asJson: boolean;
  readonly pid: number | undefined;
}

/** Reads the arguments of `polyproc ps`. `undefined` if they are wrong. */
export function psOptions(args: readonly string[]): PsOptions | undefined {
  const flags = args.filter((each) => each.startsWith("-"));
  const [pid, ...more] = args.filter((each) => !each.startsWith("-"));
  if (more.length > 0 || flags.some((each) => each !== "--watch" && each !== "--json")) return undefined;
  if (pid !== undefined && !/^[1-9]\d{0,9}$/.test(pid)) return undefined;
  return { watches: flags.includes("--watch"), asJson: flags.includes("--json"), pid: pid === undefined ? undefined : Number(pid) };
}

/** Shows this user's process trees. Returns the exit code. */
export async function ps({ watches, asJson, pid }: PsOptions): Promise<number> {
  let last: Snapshot | undefined;
  try {
    if (!platform.hasSocketFiles)
      throw new UnsupportedError("polyproc ps does not work on Windows: a named pipe can't tell whether the same user asks.");
    for (;;) {
      const snapshot = await look(pid, last);
      await print(asJson ? `${JSON.stringify(snapshot)}\n` : textOf(snapshot, watches, last));
      if (!watches) return 0;
      last = snapshot;
      await sleep(EVERY_MS);
    }
  } catch (error) {
    // Nobody reads it any more, such as `head` after its last line.
    if ((error as NodeJS.ErrnoException | null)?.code === "EPIPE") return 0;
    process.stderr.write(`${messageOf(error)}\n`);
    return 1;
  }
}

function textOf(snapshot: Snapshot, watches: boolean, last: Snapshot | undefined): string {
  const { columns: width = USUAL_WIDTH, rows: height = USUAL_HEIGHT, isTTY } = process.stdout;
  // All tables together fit the terminal: each gets its part of the lines.
  const rows = watches ? Math.max(3, Math.floor((height - 14) / 4)) : Number.POSITIVE_INFINITY;
  const lines = reportOf(snapshot, { width, rows, last });
  return `${watches && isTTY ? CLEAR : ""}${lines.join("\n").trimEnd()}\n`;
}

// Waits until the text has left, so that a slow reader lets no text pile up here.
function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // The stream emits an error that its callback gets too, and without a listener that would end the program.
    process.stdout.once("error", reject);
    process.stdout.write(text, (error) => {
      if (error != null) return reject(error);
      process.stdout.off("error", reject);
      resolve();
    });
  });
}
