// Prints what its children have of its flags: one in its own folder, one in another, and one after it has gone to another.
import { isMain, Process } from "../../mod.ts";

export interface Seen {
  readonly execArgv: readonly string[];
  readonly hooked: readonly string[];
  readonly variable: string | undefined;
}

export function seen(): Seen {
  const { hooked = [] } = globalThis as { hooked?: readonly string[] };
  return { execArgv: process.execArgv, hooked, variable: process.env.PP_FROM_FILE };
}

async function seenIn(cwd: string | undefined): Promise<Seen> {
  const child = new Process({ target: seen, cwd });
  await child.start();
  const result = await child.result();
  await child.join();
  return result;
}

if (isMain(import.meta)) {
  const all = [await seenIn(undefined), await seenIn("/")];
  process.chdir("/");
  console.log(JSON.stringify([...all, await seenIn(undefined)]));
}
