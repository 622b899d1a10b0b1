import { callerModules } from "../../src/target/callers.ts";
import { locateTarget } from "../../src/target/locate.ts";

export function task(): void {}

setTimeout(async () => {
  const start = performance.now();
  const found = await locateTarget(task, callerModules());
  const error = await locateTarget(() => {}, callerModules()).catch((error: Error) => error.name);
  console.log(JSON.stringify([found.name, error, performance.now() - start]));
  process.exit(0);
}, 20);
