// Deno: prints the permissions of the parent and of its child.
import { isMain, Process } from "../../mod.ts";

const kinds = ["read", "write", "net", "env", "run", "sys", "ffi"];

interface Permissions {
  querySync(descriptor: { name: string }): { state: string };
}

export function permissions(): Record<string, string> {
  const { permissions: host } = (globalThis as unknown as { Deno: { permissions: Permissions } }).Deno;
  return Object.fromEntries(kinds.map((name) => [name, host.querySync({ name }).state]));
}

if (isMain(import.meta)) {
  const child = new Process({ target: permissions });
  await child.start();
  console.log(JSON.stringify({ parent: permissions(), child: await child.result() }));
}
