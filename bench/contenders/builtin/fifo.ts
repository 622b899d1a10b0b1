// Microseconds of a round trip of bytes over two named pipes, or of one way, with the blocking calls of node:fs. Blocking calls of a runtime
// can't be faster.
import { fork, spawnSync } from "node:child_process";
import { mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { report, roundTripSync } from "../measure.ts";
import { settings } from "../settings.ts";

const bytes = new Uint8Array(32);

const given = settings({ echo: "", what: "trip", ms: 1000, pause: 0, samples: 31 });
if (given.echo !== "") {
  const folder = given.echo;
  const [input, output] = [openSync(join(folder, "there"), "r"), openSync(join(folder, "back"), "w")];
  while (readSync(input, bytes) > 0) writeSync(output, bytes);
  process.exit();
} else {
  const folder = mkdtempSync(join(tmpdir(), "bench-fifo-"));
  spawnSync("mkfifo", ["there", "back"], { cwd: folder });
  fork(fileURLToPath(import.meta.url), [`--echo=${folder}`]);
  const [output, input] = [openSync(join(folder, "there"), "w"), openSync(join(folder, "back"), "r")];
  rmSync(folder, { recursive: true });
  const once = (): void => {
    writeSync(output, bytes);
    readSync(input, bytes);
  };
  const trip = await roundTripSync(once, given);
  report(given.what === "one way" && typeof trip === "number" ? trip / 2 : trip);
  process.exit();
}
