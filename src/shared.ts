import type { Port } from "./backend/backend.ts";
import { UnsupportedError } from "./errors.ts";
import { markShared } from "./wire/shared.ts";

// A safety net for objects that nobody closed: correctness never depends on it.
const collected = new FinalizationRegistry<Port>((port) => port.release());

/** Lets the object travel: `open` gives its port, or throws if the object is closed. */
export function shareable(object: object, port: Port, open: () => Port): void {
  collected.register(object, port);
  markShared(object, open);
}

/** What every `Sync` twin does on a backend without blocking calls. */
export function noSync(name: string, instead: string): never {
  throw new UnsupportedError(`${name}() needs the native backend, and this process runs on the portable one: await ${instead}() instead.`);
}
