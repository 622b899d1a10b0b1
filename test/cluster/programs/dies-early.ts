// Takes what an agent would take, and dies before it has started it: SERVERS NAMESPACE LEASE VERSION
import { checkClusterOptions } from "../../../src/api/cluster-options.ts";
import { openCluster } from "../../../src/backend/registry.ts";
import { bytesOf, type StartReply, subjectsOf } from "../../../src/cluster/protocol.ts";

const [servers = "", namespace = "", lease = "", version = ""] = process.argv.slice(2);
// A connection does not keep a program alive.
setInterval(() => {}, 1000);
const { wire } = await openCluster(checkClusterOptions({ servers, namespace, lease: Number(lease) }));
wire.subscribe(
  subjectsOf(wire, "default", version).start,
  ({ reply }) => {
    wire.publish(reply, bytesOf({ address: wire.inbox(), host: "early" } satisfies StartReply));
    void wire.flush().then(() => console.log('"took"'));
  },
  "agents",
);
await wire.flush();
console.log('"listens"');
