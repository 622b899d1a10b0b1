// A program that starts two processes of a cluster, and has nothing more to do: SERVERS NAMESPACE LEASE ROOT FILE
import { connectCluster } from "../../../mod.ts";

const [servers = "", namespace = "", lease = "", root = "", file = ""] = process.argv.slice(2);
const mp = await connectCluster({ servers, namespace, lease: Number(lease), root });
const module = new URL("tasks.ts", import.meta.url);
const daemon = new mp.Process({ target: { module, name: "cleanUp" }, args: [file], daemon: true });
await daemon.start();
await new mp.Process({ target: { module, name: "noted" }, args: [file, "done", 500] }).start();
