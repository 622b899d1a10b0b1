// Microseconds of a round trip to another process, through two queues or a pipe, with awaited or blocking calls.
import { type Connection, isMain, Pipe, Process, Queue } from "../../../mod.ts";
import { report, roundTrip, roundTripSync, text } from "../measure.ts";
import { settings } from "../settings.ts";

type Text = string | null;

export async function echoQueue(there: Queue<Text>, back: Queue<Text>): Promise<void> {
  for (let value = await there.get(); value !== null; value = await there.get()) await back.put(value);
}

export function echoQueueSync(there: Queue<Text>, back: Queue<Text>): void {
  for (let value = there.getSync(); value !== null; value = there.getSync()) back.putSync(value);
}

export async function echoPipe(conn: Connection<Text>): Promise<void> {
  for (let value = await conn.recv(); value !== null; value = await conn.recv()) await conn.send(value);
}

export function echoPipeSync(conn: Connection<Text>): void {
  for (let value = conn.recvSync(); value !== null; value = conn.recvSync()) conn.sendSync(value);
}

if (isMain(import.meta)) {
  const given = settings({ via: "queue", calls: "async", bytes: 32, ms: 1000, pause: 0, samples: 31 });
  const value = text(given.bytes);
  const isSync = given.calls === "sync";
  if (given.via === "queue") {
    const [there, back] = [new Queue<Text>(), new Queue<Text>()];
    const child = new Process({ target: isSync ? echoQueueSync : echoQueue, args: [there, back] });
    await child.start();
    const once = async (): Promise<void> => {
      await there.put(value);
      await back.get();
    };
    const onceSync = (): void => {
      there.putSync(value);
      back.getSync();
    };
    report(isSync ? await roundTripSync(onceSync, given) : await roundTrip(once, given));
    await there.put(null);
    await child.join();
  } else {
    const [conn, theirs] = Pipe<Text>();
    const child = new Process({ target: isSync ? echoPipeSync : echoPipe, args: [theirs], transfer: [theirs] });
    await child.start();
    const once = async (): Promise<void> => {
      await conn.send(value);
      await conn.recv();
    };
    const onceSync = (): void => {
      conn.sendSync(value);
      conn.recvSync();
    };
    report(isSync ? await roundTripSync(onceSync, given) : await roundTrip(once, given));
    await conn.send(null);
    await child.join();
  }
}
