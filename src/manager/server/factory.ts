import { StateError } from "../../errors/errors.ts";
import { describe } from "../../util/describe.ts";
import type { Key } from "../keys.ts";
import { ManagedObject } from "../managed-object.ts";
import { dictServant } from "./dict.ts";
import type { Door } from "./door.ts";
import type { Host } from "./host.ts";
import { makeInstance } from "./instance.ts";
import { listServant } from "./list.ts";
import { namespaceServant } from "./namespace.ts";
import { type Servant, servantOf } from "./servant.ts";
import { setServant } from "./set.ts";

/** The object that makes the others. The manager alone holds it. */
export function factoryServant(host: Host, door: Door | undefined): Servant {
  const make = (type: string, servant: Servant, methods?: readonly string[]): unknown => host.handOver(host.make(type, servant, methods));
  return servantOf("A manager", {
    dict: (entries: [Key, unknown][]) => make("dict", dictServant(entries, host)),
    list: (items: unknown[]) => make("list", listServant(items, host)),
    set: (items: Key[]) => make("set", setServant(items)),
    namespace: (fields: [string, unknown][]) => make("namespace", namespaceServant(fields, host)),
    create: (ref: unknown, args: readonly unknown[]) => {
      const { servant, methods } = makeInstance(host.target(ref), args, host);
      return make("instance", servant, methods);
    },
    expose: (name: string, object: unknown) => {
      if (door === undefined) throw new StateError("This manager serves no others: give it an address and an authKey.");
      if (!(object instanceof ManagedObject)) throw new TypeError(`Only objects of managers are exposed, received ${describe(object)}.`);
      door.expose(name, object);
    },
  });
}
