// package.json as it is published: with the platforms' packages as optional dependencies. A clone's package.json does not have them, because
// `npm ci` fails on packages that are not published yet.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageName, platforms } from "./platforms.mjs";
import { root } from "./setup.mjs";

const file = join(root, "package.json");

function rewrite(change) {
  const manifest = JSON.parse(readFileSync(file, "utf8"));
  change(manifest);
  writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Adds the packages of all platforms, in this package's own version. */
export function addPlatforms() {
  rewrite((manifest) => {
    manifest.optionalDependencies = Object.fromEntries(platforms.map((each) => [packageName(each), manifest.version]));
  });
}

/** Makes package.json what it was. */
export function removePlatforms() {
  rewrite((manifest) => {
    delete manifest.optionalDependencies;
  });
}
