import { readdirSync, readFileSync } from "node:fs";
import { getStartMethod, type Queue, setForkserverPreload } from "../../../mod.ts";
import { fallenAsleep, until } from "../helpers/signals.ts";

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

function childrenOfThis(): number[] {
  const isOurs = (pid: string): boolean => {
    try {
      return new RegExp(`^PPid:\\s${process.pid}$`, "m").test(readFileSync(`/proc/${pid}/status`, "utf8"));
    } catch {
      return false;
    }
  };
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && isOurs(name))
    .map(Number);
}

/** Returns the pids of this process's children, once they have booted and wait for a job. All of them must be spares. */
export async function readySpares(): Promise<number[]> {
  let spares: number[] = [];
  await until(async () => {
    spares = childrenOfThis();
    // A spare that is ended meanwhile is not there any more.
    const asleep = await Promise.allSettled(spares.map((pid) => fallenAsleep({ pid })));
    return spares.length > 0 && asleep.every(({ status }) => status === "fulfilled") && childrenOfThis().length === spares.length;
  });
  return spares;
}
