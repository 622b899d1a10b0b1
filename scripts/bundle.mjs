import { spawnSync } from "node:child_process";
import { root, runtime } from "./setup.mjs";

/**
 * Writes the JavaScript of the package, as npm ships it, into a folder, and replaces what the compiler wrote there. Programs in the folder can
 * also import the `inner` modules.
 */
export function bundle(folder, inner = []) {
  const { status, stdout, stderr } = spawnSync(
    runtime("node"),
    ["scripts/rolldown.mjs", `--folder=${folder}`, ...inner.map((module) => `--inner=${module}`)],
    {
      cwd: root,
      encoding: "utf8",
    },
  );
  if (status !== 0) throw new Error(`The bundle could not be built:\n${stdout}${stderr}`);
}
