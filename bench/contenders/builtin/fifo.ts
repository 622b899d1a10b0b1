// Microseconds of a round trip of bytes by node:fs's blocking calls, over two named pipes: the limit of calls that block a runtime's thread.
import { fork, spawnSync } from "node:child_process";
import { mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { report, roundTripSync, settings } from "../measure.ts";

const bytes = new Uint8Array(32);

if (process.argv[2] === "child") {
  const [, , , folder = ""] = process.argv;
  const [input, output] = [openSync(join(folder, "there"), "r"), openSync(join(folder, "back"), "w")];
  while (readSync(input, bytes) > 0) writeSync(output, bytes);
  process.exit();
} else {
  const given = settings({ ms: 1000, pause: 0, samples: 31 });
  const folder = mkdtempSync(join(tmpdir(), "bench-fifo-"));
  spawnSync("mkfifo", ["there", "back"], { cwd: folder });
  fork(fileURLToPath(import.meta.url), ["child", folder]);
  const [output, input] = [openSync(join(folder, "there"), "w"), openSync(join(folder, "back"), "r")];
  rmSync(folder, { recursive: true });
  const once = (): void => {
    writeSync(output, bytes);
    readSync(input, bytes);
  };
  report(await roundTripSync(once, given));
  process.exit();
}
