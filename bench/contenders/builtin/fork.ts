// The runtime's own child_process.fork: messages a second to the child, or microseconds of a round trip.
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { items, rate, report, roundTrip, settings, text } from "../measure.ts";

/** So many messages may be on their way: more would only fill memory. */
const WINDOW = 1024;

function echo(): void {
  process.on("message", (message) => process.send?.(message));
}

/** Answers each run of messages, whose length comes first, with one. */
function count(): void {
  let left = 0;
  process.on("message", (message) => {
    if (left === 0) left = message as number;
    else if (--left === 0) process.send?.(1);
  });
}

function answer(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => child.once("message", resolve));
}

async function flood(child: ChildProcess, total: number): Promise<number> {
  const item = items(0);
  const end = answer(child);
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

if (process.argv[2] === "child") {
  if (process.argv[3] === "echo") echo();
  else count();
} else {
  const given = settings({ serialization: "json", what: "rate", bytes: 32, ms: 1000, pause: 0, samples: 31 });
  const role = given.what === "rate" ? "count" : "echo";
  const serialization = given.serialization === "json" ? "json" : "advanced";
  const child = fork(fileURLToPath(import.meta.url), ["child", role], { serialization });
  const value = text(given.bytes);
  const once = async (): Promise<void> => {
    const back = answer(child);
    child.send(value);
    await back;
  };
  if (given.what === "rate") report(await rate((total) => flood(child, total), given.ms));
  else report(await roundTrip(once, given));
  child.kill();
}
