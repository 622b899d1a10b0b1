import { callerModules } from "../../src/target/callers.ts";
import { locateTarget } from "../../src/target/locate.ts";
import type { Target } from "../../src/target/target.ts";
import { given, starred } from "./target-barrel.ts";
// biome-ignore lint/style/useImportType: Deno and Bun drop it, Node loads it.
import { OnlyType } from "./target-elided.ts";
import * as lib from "./target-lib.ts";
import { imported as alias, holder, Imported, makeNamesake } from "./target-lib.ts";
import { work as otherWork } from "./target-same-name.ts";
import type { Shape } from "./target-types.ts";

export function work(): string {
  return "work";
}
export const arrow = async (shape?: Shape | OnlyType): Promise<number> => shape?.size ?? 0;
export function* numbers(): Generator<number> {
  yield 1;
}
export class Local {
  readonly kind: string = "class";
}
function renamed(): void {}
function onlyHere(): void {}

export { renamed as job };
export default function main(): void {}

const own: Record<string, Target> = { work, arrow, numbers, Local: Local as unknown as Target, renamed, main };
const others: Record<string, Target> = {
  alias,
  namespace: lib.imported,
  Imported: Imported as unknown as Target,
  deep: holder.deep,
  given,
  starred,
  otherWork,
};
const wrong: Record<string, Target> = {
  onlyHere,
  lambda: () => {},
  bound: work.bind(null),
  native: Math.max as Target,
  namesake: makeNamesake(),
};

async function shown(target: Target): Promise<unknown> {
  await null;
  try {
    const ref = await locateTarget(target, callerModules());
    return { ...ref, module: ref.module.slice(ref.module.lastIndexOf("/") + 1) };
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}

async function all(targets: Record<string, Target>): Promise<Record<string, unknown>> {
  const results: Record<string, unknown> = {};
  for (const [name, target] of Object.entries(targets)) results[name] = await shown(target);
  return results;
}

const { typesLoaded = 0, elidedLoaded = 0 } = globalThis as { typesLoaded?: number; elidedLoaded?: number };
// The library remembers a target that it found inside the module's own top level. So "outside" uses a process of its own.
const inside = process.argv[2] === "inside";
const run = async (): Promise<void> => {
  const start = performance.now();
  const found = { own: await all(own), others: await all(others), wrong: await all(wrong) };
  const ms = performance.now() - start;
  const after = globalThis as { typesLoaded?: number; elidedLoaded?: number };
  const loaded = { types: (after.typesLoaded ?? 0) - typesLoaded, elided: (after.elidedLoaded ?? 0) - elidedLoaded };
  console.log(JSON.stringify({ url: import.meta.url, ...found, loaded, ms }));
};
if (inside) await run();
else setTimeout(() => [1].forEach(() => void run()), 20);

/** Not there yet while the module waits above. */
export const late = (): string => "late";
