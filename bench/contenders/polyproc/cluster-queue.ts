// A queue on a server of NATS: microseconds of a put and a get ("trip"), or items a second of putMany and getMany ("many").
import { connectCluster } from "../../../mod.ts";
import { items, rate, report, roundTrip } from "../measure.ts";
import { startServer } from "../nats-server.ts";
import { settings } from "../settings.ts";

const { what, ms } = settings({ what: "trip", ms: 1000 });
await using server = await startServer();
await using mp = await connectCluster({ servers: server.url, namespace: "bench" });
const queue = new mp.Queue<unknown>();
const item = items(0);
if (what === "trip") {
  const once = async (): Promise<void> => {
    await queue.put(item(1));
    await queue.get();
  };
  report(await roundTrip(once, { ms, pause: 0, samples: 0 }));
} else {
  const pass = async (count: number): Promise<number> => {
    await queue.putMany(Array.from({ length: count }, (_, i) => item(i)));
    for (let taken = 0; taken < count; ) taken += (await queue.getMany(256)).length;
    return count;
  };
  report(await rate(pass, ms));
}
