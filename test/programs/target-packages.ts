import { callerModules } from "../../src/target/callers.ts";
import { locateTarget } from "../../src/target/locate.ts";
import type { Target } from "../../src/target/target.ts";

// The test makes this module and the packages that it imports, in a folder of its own.
const used = new URL("./target-packages-used.js", import.meta.url).href;
const { jobs } = (await import(used)) as { jobs: Target[] };
const found: string[] = [];
for (const target of jobs) {
  const { module, name } = await locateTarget(target, [...callerModules(), used]);
  found.push(`${module.slice(module.lastIndexOf("/") + 1)} ${name}`);
}
console.log(JSON.stringify({ found, commonjs: "commonJsLoaded" in globalThis }));
