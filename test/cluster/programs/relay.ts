// Takes items from one queue and puts them into another one, until the first is shut down: SERVERS NAMESPACE FROM TO
import { connectCluster } from "../../../mod.ts";

const [servers = "", namespace = "", from = "", to = ""] = process.argv.slice(2);
await using mp = await connectCluster({ servers, namespace });
const [source, target] = [new mp.Queue({ name: from }), new mp.Queue({ name: to })];
for await (const item of source) await target.put(item);
await target.shutdown();
