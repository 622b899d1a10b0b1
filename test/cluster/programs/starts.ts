// A program whose process of a cluster waits for ever: SERVERS NAMESPACE LEASE ROOT FILE
import { connectCluster } from "../../../mod.ts";

const [servers = "", namespace = "", lease = "", root = "", file = ""] = process.argv.slice(2);
const mp = await connectCluster({ servers, namespace, lease: Number(lease), root });
const child = new mp.Process({ target: { module: new URL("tasks.ts", import.meta.url), name: "cleanUp" }, args: [file] });
await child.start();
await child.join();
