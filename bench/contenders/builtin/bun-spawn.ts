// Bun.spawn with `ipc`: messages a second to the child, or microseconds of a round trip.
import { fileURLToPath } from "node:url";
import { items, rate, report, roundTrip, text } from "../measure.ts";
import { settings } from "../settings.ts";

interface Child {
  send(message: unknown): void;
  kill(): void;
}

const { Bun } = globalThis as unknown as { Bun: { spawn(options: object): Child } };
const BURST = 1024;

const given = settings({ role: "parent", serialization: "json", what: "rate", bytes: 32, ms: 1000, pause: 0, samples: 31 });
if (given.role !== "parent") {
  let left = 0;
  process.on("message", (message) => {
    if (given.role === "echo") process.send?.(message);
    else if (left === 0) left = message as number;
    else if (--left === 0) process.send?.(1);
  });
} else {
  let received = (): void => {};
  const reply = (): Promise<void> => new Promise((resolve) => (received = resolve));
  const child = Bun.spawn({
    cmd: [process.execPath, fileURLToPath(import.meta.url), given.what === "rate" ? "--role=count" : "--role=echo"],
    ipc: () => received(),
    serialization: given.serialization,
    stdio: ["ignore", "inherit", "inherit"],
  });
  const value = text(given.bytes);
  const once = async (): Promise<void> => {
    const back = reply();
    child.send(value);
    await back;
  };
  const item = items(0);
  const flood = async (total: number): Promise<number> => {
    const end = reply();
    child.send(total);
    for (let i = 0; i < total; i++) {
      child.send(item(i));
      if (i % BURST === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await end;
    return total;
  };
  if (given.what === "rate") report(await rate(flood, given.ms));
  else report(await roundTrip(once, given));
  child.kill();
}
