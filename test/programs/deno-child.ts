// Starts a Deno child from another runtime, and prints the child's permissions.
import { isMain, Process } from "../../mod.ts";
import { permissions } from "./permissions.ts";

if (isMain(import.meta)) {
  const child = new Process({ target: permissions, runtime: "deno" });
  await child.start();
  console.log(JSON.stringify(await child.result()));
}
