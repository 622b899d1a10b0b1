// Puts [ID, 0], [ID, 1]… into a queue that has room for 5: SERVERS NAMESPACE QUEUE ID COUNT
import { connectCluster } from "../../../mod.ts";

const [servers = "", namespace = "", name = "", id = "", count = ""] = process.argv.slice(2);
await using mp = await connectCluster({ servers, namespace });
const queue = new mp.Queue<[string, number]>({ name, maxsize: 5 });
for (let i = 0; i < Number(count); i++) await queue.put([id, i]);
