// Prints which backend this process has and why, or the error, and whether a queue and a child work.
import { capabilities, getContext, isMain, ProcessError, type Queue } from "../../mod.ts";

export async function answer(q: Queue<string>): Promise<void> {
  await q.put("answered");
}

async function look(library: string | undefined): Promise<unknown> {
  try {
    const { Process, Queue } = getContext("spawn", { library });
    const { backend, reason, library: path, abi } = capabilities();
    const q = new Queue<string>();
    const child = new Process({ target: answer, args: [q] });
    await child.start();
    await child.result({ timeout: 20_000 });
    const works = await q.get({ timeout: 1000 });
    await child.join();
    return { backend, reason, library: path, abi, works };
  } catch (error) {
    if (!(error instanceof ProcessError)) throw error;
    return { error: error.name, message: error.message };
  }
}

if (isMain(import.meta)) console.log(JSON.stringify(await look(process.argv[2])));
