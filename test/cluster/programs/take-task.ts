// Takes a task, prints its value and the attempt, and marks it as done once a line comes on stdin: SERVERS NAMESPACE QUEUE LEASE
import { once } from "node:events";
import { connectCluster } from "../../../mod.ts";

const [servers = "", namespace = "", name = "", lease = ""] = process.argv.slice(2);
await using mp = await connectCluster({ servers, namespace, lease: Number(lease) });
const task = await new mp.JoinableQueue({ name }).getTask();
console.log(JSON.stringify([task.value, task.attempt]));
await once(process.stdin, "data");
await task.done();
process.stdin.destroy();
