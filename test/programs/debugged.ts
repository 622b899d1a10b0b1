// Starts two children, which end when a debugger has told them to.
import { isMain, Process } from "../../mod.ts";

type Told = { toldByDebugger?: string };

export async function untilTold(): Promise<string> {
  for (;;) {
    const { toldByDebugger } = globalThis as Told;
    if (toldByDebugger !== undefined) return toldByDebugger;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

if (isMain(import.meta)) {
  const children = ["first", "second"].map((name) => new Process({ target: untilTold, name, startTimeout: Number(process.argv[2]) }));
  for (const child of children) await child.start();
  console.log(JSON.stringify(await Promise.all(children.map((child) => child.result()))));
}
