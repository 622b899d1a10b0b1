// A program whose pool runs a task that waits for ever: SERVERS NAMESPACE LEASE ROOT FILE
import { connectCluster } from "../../../mod.ts";

const [servers = "", namespace = "", lease = "", root = "", file = ""] = process.argv.slice(2);
const mp = await connectCluster({ servers, namespace, lease: Number(lease), root });
const pool = new mp.Pool({ processes: 2 });
const module = new URL("tasks.ts", import.meta.url);
console.log(JSON.stringify([await pool.apply({ module, name: "square" }, [3])]));
await pool.apply({ module, name: "wait" }, [file, `${file}-never`]);
