import { describe } from "../../util/describe.ts";
import { checkKey, type Key } from "../keys.ts";
import { type Servant, servantOf } from "./servant.ts";

const WHAT = "A value of a set";

/** A set in its server. */
export function setServant(items: readonly Key[]): Servant {
  if (!Array.isArray(items)) throw new TypeError(`The items must be an array, received ${describe(items)}.`);
  for (const item of items) checkKey(item, WHAT);
  const set = new Set(items);
  return servantOf("A set", {
    add: (value: Key) => {
      const isNew = !set.has(checked(value));
      set.add(value);
      return isNew;
    },
    has: (value: Key) => set.has(checked(value)),
    delete: (value: Key) => set.delete(checked(value)),
    size: () => set.size,
    values: () => [...set],
    clear: () => set.clear(),
  });
}

function checked(value: Key): Key {
  checkKey(value, WHAT);
  return value;
}
