// An idle connection does not keep a program alive, nor does a put that the program gives up, and a call that waits does: SERVERS NAMESPACE [WAITS]
import { connectCluster } from "../../../mod.ts";

const [servers = "", namespace = "", waits] = process.argv.slice(2);
const mp = await connectCluster({ servers, namespace });
const queue = new mp.Queue<string>({ name: "idle" });
await queue.put("first");
console.log(JSON.stringify(await queue.get()));
const full = new mp.Queue<number>({ maxsize: 1 });
await full.put(1);
full.put(2).catch(() => {});
full.close();
full.cancelJoinThread();
if (waits !== undefined) void queue.get().then((item) => console.log(item));
