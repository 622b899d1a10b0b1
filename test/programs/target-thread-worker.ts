import { callerModules, locate } from "../../src/target/target.ts";

export function inThread(): void {}

setTimeout(async () => {
  const found = await locate(inThread, callerModules());
  const error = await locate(() => {}, callerModules()).catch((error: Error) => error.name);
  console.log(`${found.name} ${error}`);
}, 20);
