// An idle connection does not keep a program alive, and a call that waits does: SERVERS NAMESPACE [WAITS]
import { connectCluster } from "../../../mod.ts";

const [servers = "", namespace = "", waits] = process.argv.slice(2);
const mp = await connectCluster({ servers, namespace });
const queue = new mp.Queue<string>({ name: "idle" });
await queue.put("first");
console.log(JSON.stringify(await queue.get()));
if (waits !== undefined) void queue.get().then((item) => console.log(item));
