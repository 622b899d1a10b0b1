// `npm run test:pool [-- --runtime bun] [--backend portable]`: runs the tests of Pool, by default on each runtime and backend.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { choice, readArguments } from "../../tools/arguments.ts";
import { MARK, type Report } from "../suite/case.ts";
import { commandLine, RUNTIMES } from "../suite/runtimes.ts";

const BACKENDS = ["native", "portable"] as const;
const given = readArguments("npm run test:pool --", { runtime: choice(RUNTIMES), backend: choice([...BACKENDS]) });
const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const files = ["basics", "ends", "hostile"].map((name) => path(`${name}.ts`));

for (const runtime of given.runtime === undefined ? RUNTIMES : [given.runtime])
  for (const backend of given.backend === undefined ? BACKENDS : [given.backend]) {
    const [program, args] = commandLine(runtime, path("../suite/runner.ts"), files);
    const { stdout, status } = spawnSync(program, args, {
      encoding: "utf8",
      env: { ...process.env, POLYPROC_BACKEND: backend },
      stdio: ["ignore", "pipe", "inherit"],
      timeout: 600_000,
    });
    const lines = stdout.split("\n").filter((line) => line.startsWith(MARK));
    const reports = lines.map((line) => JSON.parse(line.slice(MARK.length)) as Report);
    const failed = reports.filter(({ outcome }) => outcome === "failed");
    console.log(`${runtime}, ${backend}: ${reports.length - failed.length} of ${reports.length} passed`);
    for (const { name, detail } of failed) console.log(`  ${name}\n${detail}`);
    if (status !== 0) process.exitCode = 1;
  }
