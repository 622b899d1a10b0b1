import { getStartMethod, type Queue, setForkserverPreload } from "../../../mod.ts";

/** A module of test/programs. */
export const fixture = (name: string): URL =>
  new URL(`../../programs/${name}${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

export async function methodHere(): Promise<string | null> {
  return getStartMethod();
}

export async function hello(q: Queue<string>, text: string): Promise<void> {
  await q.put(text);
}

/** Ends the spare processes that the forkserver method keeps ready, so that nothing is left open. */
export function endSpares(): void {
  setForkserverPreload([]);
}
