// The runtime's own child_process.fork: messages a second to the child, or microseconds of a round trip.
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

async function flood(child: ChildProcess, total: number): Promise<number> {
  const item = items(0);
  const end = reply(child);
  child.send(total);
  let before: Promise<unknown> = Promise.resolve();
  for (let i = 0; i < total; i++) {
    if (i % WINDOW < WINDOW - 1) child.send(item(i) as object);
    else {
      await before;
      before = new Promise((resolve) => child.send(item(i) as object, resolve));
    }
  }
  await end;
  return total;
}

const given = settings({ role: "parent", serialization: "json", what: "rate", bytes: 32, ms: 1000, pause: 0, samples: 31 });
if (given.role === "echo") echo();
else if (given.role === "count") count();
else {
  const role = given.what === "rate" ? "count" : "echo";
  const serialization = given.serialization === "json" ? "json" : "advanced";
  const child = fork(fileURLToPath(import.meta.url), [`--role=${role}`], { serialization });
  const value = text(given.bytes);
  const once = async (): Promise<void> => {
    const back = reply(child);
    child.send(value);
    await back;
  };
  if (given.what === "rate") report(await rate((total) => flood(child, total), given.ms));
  else report(await roundTrip(once, given));
  child.kill();
}
