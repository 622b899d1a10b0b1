// Publishes a release: `node scripts/publish.mjs [ARGUMENTS OF npm publish]`. The packages of the platforms go first, so that nobody can install
// polyproc without its library. They lie in native/packages, where `npm run build:native -- --packages` builds them.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageFolder } from "./build-native.mjs";
import { packageName, platforms } from "./platforms.mjs";
import { root } from "./setup.mjs";

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** Whether the registry has this version already, because an earlier run of this program ended in the middle. */
function isPublished(name) {
  const { status, stdout } = spawnSync("npm", ["view", `${name}@${version}`, "version"], { encoding: "utf8" });
  return status === 0 && stdout.trim() === version;
}

function publish(name, folder) {
  if (isPublished(name)) return console.log(`${name} ${version}: published before`);
  const { status } = spawnSync("npm", ["publish", ...process.argv.slice(2)], { cwd: folder, stdio: "inherit" });
  if (status !== 0) {
    console.error(`${name} ${version} could not be published.`);
    process.exit(1);
  }
}

const missing = platforms.filter((each) => !existsSync(join(packageFolder(each), "package.json")));
if (missing.length > 0) {
  console.error(`native/packages lacks ${missing.map(({ name }) => name).join(", ")}: run \`npm run build:native -- --packages\`.`);
  process.exit(1);
}
for (const each of platforms) publish(packageName(each), packageFolder(each));
publish("polyproc", root);
