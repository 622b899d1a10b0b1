import { spawnSync } from "node:child_process";
import { root, runtime } from "./setup.mjs";

/** Writes the package's JavaScript as npm ships it into a folder, over what the compiler put there; `inner` modules can be imported too. */
export function bundle(folder, inner = []) {
  const { status, stdout, stderr } = spawnSync(runtime("node"), ["scripts/rolldown.mjs", folder, ...inner], {
    cwd: root,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`The bundle could not be built:\n${stdout}${stderr}`);
}
