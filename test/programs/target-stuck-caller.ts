import { callerModules, locate } from "../../src/target/target.ts";

export function task(): void {}

setTimeout(async () => {
  const start = performance.now();
  const found = await locate(task, callerModules());
  const error = await locate(() => {}, callerModules()).catch((error: Error) => error.name);
  console.log(JSON.stringify([found.name, error, performance.now() - start]));
  process.exit(0);
}, 20);
