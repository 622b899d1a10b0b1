import { Queue } from "../../mod.ts";

const q = new Queue<string>();
await q.put("at import", { timeout: 3000 });
export const imported: string = await q.get({ timeout: 3000 });
