// `npm run fuzz`: feeds hostile bytes to everything that reads what other processes send, on one runtime.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { choice, integer, readArguments, text } from "../../../tools/arguments.ts";
import { commandLine, RUNTIMES } from "../../suite/runtimes.ts";

const given = readArguments("npm run fuzz --", {
  count: integer(10_000_000, 1),
  seed: integer(Date.now() % 2 ** 31),
  runtime: choice(RUNTIMES, "node"),
  target: text(),
  input: integer(undefined, 0),
});
const { runtime, ...passedOn } = given;
const args = Object.entries(passedOn).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`]));
const [program, line] = commandLine(runtime, fileURLToPath(new URL("run.ts", import.meta.url)), args);
const inputs = given.input === undefined ? `${given.count} inputs` : `Input ${given.input}`;
console.log(`${inputs} from seed ${given.seed} on ${runtime}`);
const { status } = spawnSync(program, line, { stdio: "inherit" });
process.exit(status ?? 1);
