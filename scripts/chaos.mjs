// Kills parents, children and hubs at random, and looks for what is left: `npm run chaos -- [SECONDS] [RUNTIME]`.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ensureInstalled, root, runtime } from "./setup.mjs";

ensureInstalled();
const [seconds = "60", only] = process.argv.slice(2);
const flags = { node: [], deno: ["run", "-A"], bun: [] };
const runtimes = only === undefined ? ["node", "deno", "bun"] : [only];
const temp = mkdtempSync(join(tmpdir(), "pp-chaos-"));
const tag = randomUUID();

function tagged() {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, "latin1").includes(tag);
    } catch {
      return false;
    }
  });
}

function tree(name) {
  const program = join(root, "test/programs/chaos.ts");
  const env = { ...process.env, TMPDIR: temp, POLYPROC_TEST_TAG: tag };
  const child = spawn(runtime(name), [...flags[name], program], { env, stdio: "ignore" });
  return new Promise((resolve) => child.on("exit", resolve));
}

let kills = 0;
let trees = 0;
const end = Date.now() + 1000 * Number(seconds);
await Promise.all(
  runtimes.map(async (name) => {
    while (Date.now() < end) {
      trees++;
      const ended = tree(name);
      let over = false;
      void ended.then(() => {
        over = true;
      });
      const killAll = Date.now() + 3000;
      while (!over && Date.now() < killAll) {
        await delay(50 + Math.random() * 400);
        const pids = tagged();
        const victim = pids[Math.floor(Math.random() * pids.length)];
        if (victim === undefined) continue;
        try {
          process.kill(Number(victim), "SIGKILL");
          kills++;
        } catch {
          // It ended by itself.
        }
      }
      if (!over)
        for (const pid of tagged())
          try {
            process.kill(Number(pid), "SIGKILL");
          } catch {}
      await ended;
    }
  }),
);
await delay(1500);
const left = tagged();
// Trees that were killed whole leave a folder to the next program's start, once it is old enough.
await delay(10_000);
await tree("node");
await delay(500);
const files = readdirSync(temp);
rmSync(temp, { recursive: true, force: true });
console.log(
  `${trees} trees on ${runtimes.join(", ")}, ${kills} random kills in ${seconds} s: ${left.length} processes left, ${files.length} folders left`,
);
process.exit(left.length + files.length === 0 ? 0 : 1);
