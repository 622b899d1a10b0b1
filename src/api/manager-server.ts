// The target of a manager's server.
import type { ManagedObject, ServerName } from "../manager/managed-object.ts";
import { factoryServant } from "../manager/server/factory.ts";
import { Host } from "../manager/server/host.ts";
import { tellOfServer } from "../manager/server/told.ts";
import type { Address } from "../remote/address.ts";
import { runtime } from "../runtime/current.ts";
import { holdEventLoop } from "../util/event-loop.ts";
import type { Connection } from "./connection.ts";
import { currentProcess } from "./current-process.ts";
import { ManagerDoor } from "./manager-door.ts";

/** What a server gets from its manager. */
export interface ServerArguments {
  /** The server's random name. */
  readonly id: string;
  readonly backend: string | undefined;
  /** Where it serves other programs, and the key that they must have. */
  readonly door: { readonly address: Address; readonly authKey: Uint8Array } | undefined;
  /** The connection on which the manager waits for the object that makes the others. */
  readonly link: Connection<ServerGreeting>;
}

/** What a server sends when it is ready. */
export interface ServerGreeting {
  readonly factory: ManagedObject;
  readonly address: Address | undefined;
}

/** Serves until the process is ended. */
export async function serveManager({ id, backend, door, link }: ServerArguments): Promise<never> {
  holdEventLoop();
  const server: ServerName = { id, pid: process.pid, name: currentProcess().name, runtime: runtime.name };
  const host = new Host(server, backend);
  tellOfServer();
  // So that the file of a socket is removed when the manager ends this server.
  if (door !== undefined) process.once("SIGTERM", () => process.exit(0));
  const opened = door === undefined ? undefined : await ManagerDoor.open(door.address, door.authKey);
  const factory = host.make("factory", factoryServant(host, opened));
  await link.send({ factory, address: opened?.address });
  factory.close();
  link.close();
  return new Promise<never>(() => {});
}
