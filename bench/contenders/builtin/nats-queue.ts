// The calls of NATS that a queue needs, without the queue: microseconds of a publish, a pull and an acknowledgement ("trip"), or messages a second of
// many together ("many").
import { AckPolicy, DiscardPolicy, jetstreamManager, RetentionPolicy, StorageType } from "@nats-io/jetstream";
import { items, rate, report, roundTrip } from "../measure.ts";
import { startServer } from "../nats-server.ts";
import { settings } from "../settings.ts";

const { what, ms } = settings({ what: "trip", ms: 1000 });
await using server = await startServer();
const { connection } = server;
const manager = await jetstreamManager(connection);
const client = manager.jetstream();
const kinds = { retention: RetentionPolicy.Workqueue, discard: DiscardPolicy.New, storage: StorageType.File };
await manager.streams.add({ name: "Q", subjects: ["q"], ...kinds });
await manager.consumers.add("Q", { durable_name: "w", ack_policy: AckPolicy.Explicit, max_ack_pending: -1 });
const consumer = await client.consumers.get("Q", "w");
const bytes = new TextEncoder().encode(JSON.stringify(items(0)(1)));
let id = 0;
const publish = (): Promise<unknown> => client.publish("q", bytes, { msgID: `m${id++}` });

if (what === "trip") {
  const once = async (): Promise<void> => {
    await publish();
    const message = await consumer.next();
    await message?.ackAck();
  };
  report(await roundTrip(once, { ms, pause: 0, samples: 0 }));
} else {
  const pass = async (count: number): Promise<number> => {
    for (let sent = 0; sent < count; sent += 256) await Promise.all(Array.from({ length: Math.min(256, count - sent) }, publish));
    for (let taken = 0; taken < count; ) {
      const acks: Promise<unknown>[] = [];
      for await (const message of await consumer.fetch({ max_messages: Math.min(256, count - taken) })) acks.push(message.ackAck());
      taken += (await Promise.all(acks)).length;
    }
    return count;
  };
  report(await rate(pass, ms));
}
