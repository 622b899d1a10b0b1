import type * as jetstream from "@nats-io/jetstream";
import type * as kv from "@nats-io/kv";
import type * as obj from "@nats-io/obj";
import type * as transport from "@nats-io/transport-node";
import { UnsupportedError } from "../../errors/errors.ts";

/** The packages of NATS. They are optional, so that a program on one machine installs none of them. */
export interface Packages {
  readonly transport: typeof transport;
  readonly jetstream: typeof jetstream;
  readonly kv: typeof kv;
  readonly obj: typeof obj;
}

/** Loads the packages. Throws `UnsupportedError` with the command that installs them if one is missing. */
export async function loadPackages(): Promise<Packages> {
  try {
    const [transportModule, jetstreamModule, kvModule, objModule] = await Promise.all([
      import("@nats-io/transport-node"),
      import("@nats-io/jetstream"),
      import("@nats-io/kv"),
      import("@nats-io/obj"),
    ]);
    return { transport: transportModule, jetstream: jetstreamModule, kv: kvModule, obj: objModule };
  } catch (error) {
    throw new UnsupportedError(
      "connectCluster() needs the packages of NATS, and one of them can't be loaded: run " +
        "`npm install @nats-io/transport-node @nats-io/nats-core @nats-io/jetstream @nats-io/kv @nats-io/obj`.",
      { cause: error },
    );
  }
}
