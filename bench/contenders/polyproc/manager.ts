// What `get` of a manager's dict takes: microseconds of one call, or calls a second of several clients together.
import { isMain, Manager, Process, type SharedDict } from "../../../mod.ts";
import { rate, report } from "../measure.ts";
import { settings } from "../settings.ts";

type Dict = SharedDict<string, number>;

async function callsPerSecond(dict: Dict, ms: number): Promise<number> {
  const pass = async (count: number): Promise<number> => {
    for (let i = 0; i < count; i++) await dict.get("a");
    return count;
  };
  return rate(pass, ms);
}

export async function client(dict: Dict, ms: number): Promise<number> {
  return callsPerSecond(dict, ms);
}

if (isMain(import.meta)) {
  const { clients, ms } = settings({ clients: 1, ms: 1000 });
  const manager = new Manager();
  const dict: Dict = await manager.dict({ a: 1 });
  if (clients === 1) report(1e6 / (await callsPerSecond(dict, ms)));
  else {
    const processes = Array.from({ length: clients }, () => new Process({ target: client, args: [dict, ms] }));
    for (const process of processes) await process.start();
    const rates = await Promise.all(processes.map((process) => process.result()));
    report(rates.reduce((sum, each) => sum + each, 0));
  }
  await manager[Symbol.asyncDispose]();
}
