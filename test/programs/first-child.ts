// Starts a Deno child before anything else, and prints the backend that the child has.
import { capabilities, isMain, Process } from "../../mod.ts";

export function backend(): string {
  return capabilities().backend;
}

if (isMain(import.meta)) {
  const child = new Process({ target: backend, runtime: "deno" });
  await child.start();
  console.log(JSON.stringify([await child.result()]));
}
