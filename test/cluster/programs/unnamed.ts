// Makes a queue without a name, and waits until it is ended: SERVERS NAMESPACE
import { connectCluster } from "../../../mod.ts";

const [servers = "", namespace = ""] = process.argv.slice(2);
const mp = await connectCluster({ servers, namespace });
const queue = new mp.Queue<string>();
await queue.put("item");
console.log(JSON.stringify("made"));
await new mp.Queue({ name: "nothing comes" }).get();
