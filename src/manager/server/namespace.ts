import { describe } from "../../util/describe.ts";
import { checkName } from "../keys.ts";
import { computed } from "./compute.ts";
import type { Host } from "./host.ts";
import { type Servant, servantOf } from "./servant.ts";

/** A namespace in its server. It is a map, so that `__proto__` is a name as any other. */
export function namespaceServant(given: readonly (readonly [string, unknown])[], host: Host): Servant {
  if (!Array.isArray(given)) throw new TypeError(`The fields must be an object, received ${describe(given)}.`);
  for (const field of given) checkName(field?.[0]);
  const fields = new Map(given);
  return servantOf("A namespace", {
    get: (name: string) => fields.get(checked(name)),
    set: (name: string, value: unknown) => void fields.set(checked(name), value),
    delete: (name: string) => fields.delete(checked(name)),
    toObject: () => Object.fromEntries(fields),
    compute: (name: string, target: unknown, args: readonly unknown[]) => {
      const value = computed(host.target(target), fields.get(checked(name)), args);
      if (value === undefined) fields.delete(name);
      else fields.set(name, value);
      return value;
    },
  });
}

function checked(name: string): string {
  checkName(name);
  return name;
}
