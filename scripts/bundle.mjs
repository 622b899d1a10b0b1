import { spawnSync } from "node:child_process";
import { root, runtime } from "./setup.mjs";

/** Writes the package's JavaScript as npm ships it into a folder, over what the compiler put there. */
export function bundle(folder) {
  const args = ["node_modules/rolldown/bin/cli.mjs", "--config", "scripts/rolldown.config.mjs", "--dir", folder];
  const { status, stdout, stderr } = spawnSync(runtime("node"), args, { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`The bundle could not be built:\n${stdout}${stderr}`);
}
