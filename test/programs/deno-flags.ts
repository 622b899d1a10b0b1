// Deno: prints the permission to read variables of children whose own flags can't be combined with flags of their parent.
import { isMain, Process } from "../../mod.ts";

interface Permissions {
  querySync(descriptor: { name: string }): { state: string };
}

export function mayReadVariables(): string {
  const { permissions } = (globalThis as unknown as { Deno: { permissions: Permissions } }).Deno;
  return permissions.querySync({ name: "env" }).state;
}

if (isMain(import.meta)) {
  const seen: string[] = [];
  for (const execArgv of [["-A"], ["--no-config", "--no-lock"]]) {
    const child = new Process({ target: mayReadVariables, execArgv });
    await child.start();
    seen.push(await child.result());
    await child.join();
  }
  console.log(JSON.stringify(seen));
}
