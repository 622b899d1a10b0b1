// npm runs this before it packs or publishes the package, so that a package from a fresh clone is whole.
import { spawnSync } from "node:child_process";
import { addPlatforms } from "./manifest.mjs";
import { ensureInstalled, root, runtime } from "./setup.mjs";

ensureInstalled();
const { status } = spawnSync(runtime("node"), ["scripts/build.mjs"], { cwd: root, stdio: "inherit" });
if (status !== 0) process.exit(1);
addPlatforms();
