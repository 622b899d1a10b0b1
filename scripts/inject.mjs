// Makes each system call of the library fail, one a run: `npm run inject -- [RUNTIME] [BACKEND] [SCENARIO] [VICTIM] [SYSCALL] [WHEN]`.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureInstalled, root, runtime } from "./setup.mjs";

ensureInstalled();
const program = join(root, "test/inject/matrix.ts");
const { status } = spawnSync(runtime("node"), [program, ...process.argv.slice(2)], { cwd: root, stdio: "inherit" });
process.exit(status ?? 1);
