// The runtime's own child_process.fork: messages a second to the child; or a round trip with it, or with several children in turn: microseconds
// of it, half of that (one way), how many there are in a second, or MiB a second with both ways counted.
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { items, rate, report, roundTrip, text } from "../measure.ts";
import { settings } from "../settings.ts";

/** How many messages may be on their way. More would only fill memory. */
const WINDOW = 1024;

function echo(): void {
  process.on("message", (message) => process.send?.(message));
}

/** Replies once to each run of messages. The length of a run comes first. */
function count(): void {
  let left = 0;
  process.on("message", (message) => {
    if (left === 0) left = message as number;
    else if (--left === 0) process.send?.(1);
  });
}

function reply(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => child.once("message", resolve));
}

/** Sends so many items, each in a message of its own or, with `many`, so many in a message. */
async function flood(child: ChildProcess, total: number, many: number): Promise<number> {
  const item = items(0);
  const message = many === 0 ? item : (i: number) => Array.from({ length: many }, (_, k) => item(i * many + k));
  const messages = many === 0 ? total : Math.ceil(total / many);
  const end = reply(child);
  child.send(messages);
  let before: Promise<unknown> = Promise.resolve();
  for (let i = 0; i < messages; i++) {
    if (i % WINDOW < WINDOW - 1) child.send(message(i) as object);
    else {
      await before;
      before = new Promise((resolve) => child.send(message(i) as object, resolve));
    }
  }
  await end;
  return many === 0 ? messages : messages * many;
}

const given = settings({
  role: "parent",
  serialization: "json",
  what: "rate",
  bytes: 32,
  many: 0,
  children: 1,
  ms: 1000,
  pause: 0,
  samples: 31,
});
if (given.role === "echo") echo();
else if (given.role === "count") count();
else {
  const role = given.what === "rate" ? "count" : "echo";
  const serialization = given.serialization === "json" ? "json" : "advanced";
  const start = (): ChildProcess => fork(fileURLToPath(import.meta.url), [`--role=${role}`], { serialization });
  const children = Array.from({ length: given.children }, start);
  const [first] = children as [ChildProcess];
  if (given.what === "rate") report(await rate((total) => flood(first, total, given.many), given.ms));
  else {
    const value = given.what === "bytes" ? new Uint8Array(given.bytes) : text(given.bytes);
    let turn = 0;
    const once = async (): Promise<void> => {
      const child = children[turn++ % children.length] as ChildProcess;
      const back = reply(child);
      child.send(value);
      await back;
    };
    for (const _ of children) await once();
    const trip = await roundTrip(once, given);
    if (typeof trip !== "number") report(trip);
    else {
      const shown: Record<string, number> = {
        trip,
        "one way": trip / 2,
        trips: 1e6 / trip,
        bytes: (2 * given.bytes * 1e6) / trip / 2 ** 20,
      };
      report(shown[given.what] ?? Number.NaN);
    }
  }
  for (const child of children) child.kill();
}
