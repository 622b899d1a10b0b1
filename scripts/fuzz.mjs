// Feeds hostile bytes to all that reads other processes: `npm run fuzz -- [COUNT] [SEED] [RUNTIME] [TARGET] [INPUT]`.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureInstalled, root, runtime } from "./setup.mjs";

ensureInstalled();
const [count = "10000000", seed = String(Date.now() % 2 ** 31), name = "node", ...rest] = process.argv.slice(2);
const flags = { node: [], deno: ["run", "-A"], bun: [] };
const program = join(root, "test/unit/fuzz/main.ts");
console.log(`${count} inputs from seed ${seed} on ${name}`);
const { status } = spawnSync(runtime(name), [...flags[name], program, count, seed, ...rest], { cwd: root, stdio: "inherit" });
process.exit(status ?? 1);
