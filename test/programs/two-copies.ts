// Two copies of the package in one program. The address of the other copy's mod.ts comes as an argument.
import { isMain, Process, Queue } from "../../mod.ts";

export async function putOne(q: Queue<number>): Promise<string> {
  await q.put(1);
  return q.constructor.name;
}

if (isMain(import.meta)) {
  const other = (await import(process.argv[2] as string)) as typeof import("../../mod.ts");
  const target = { module: new URL(import.meta.url), name: "putOne" };
  for (const copy of [{ Process, Queue }, other]) {
    const q = new copy.Queue<number>();
    const child = new copy.Process({ target, args: [q] });
    await child.start();
    console.log(await q.get({ timeout: 30_000 }), await child.result());
    await child.join();
    q.close();
  }
  const theirs = new other.Queue();
  const mixed = new Process({ target, args: [theirs] });
  await mixed.start().catch((error: Error) => console.log(`${error.name}: ${error.message}`));
  theirs.close();
}
