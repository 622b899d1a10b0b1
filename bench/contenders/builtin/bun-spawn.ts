// Bun.spawn with `ipc`: messages a second to the child, or microseconds of a round trip.
import { fileURLToPath } from "node:url";
import { report } from "../measure.ts";
import { settings } from "../settings.ts";
import { measureMessages } from "./measure-messages.ts";

interface Child {
  send(message: unknown): void;
  kill(): void;
}

const { Bun } = globalThis as unknown as { Bun: { spawn(options: object): Child } };

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
  report(await measureMessages({ send: (message) => child.send(message), reply }, given));
  child.kill();
}
