import { callerModules } from "../../src/target/callers.ts";
import { locateTarget } from "../../src/target/locate.ts";

export function inThread(): void {}

setTimeout(async () => {
  const found = await locateTarget(inThread, callerModules());
  const error = await locateTarget(() => {}, callerModules()).catch((error: Error) => error.name);
  console.log(`${found.name} ${error}`);
}, 20);
