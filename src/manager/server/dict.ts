import { describe } from "../../util/describe.ts";
import { checkKey, type Key } from "../keys.ts";
import { MISSING } from "../outcome.ts";
import { computed } from "./compute.ts";
import type { Host } from "./host.ts";
import { type Servant, servantOf } from "./servant.ts";

type Entries = readonly (readonly [Key, unknown])[];

/** A dict in its server. */
export function dictServant(entries: Entries, host: Host): Servant {
  const map = new Map<Key, unknown>();
  update(map, entries);
  return servantOf("A dict", {
    get: (key: Key) => (map.has(key) ? map.get(key) : missing(key)),
    set: (key: Key, value: unknown) => void map.set(checked(key), value),
    has: (key: Key) => map.has(checked(key)),
    delete: (key: Key) => map.delete(checked(key)),
    pop: (key: Key) => {
      if (!map.has(key)) return missing(key);
      const value = map.get(key);
      map.delete(key);
      return value;
    },
    setDefault: (key: Key, value: unknown) => {
      if (map.has(key)) return map.get(key);
      map.set(checked(key), value);
      return value;
    },
    update: (more: Entries) => update(map, more),
    size: () => map.size,
    keys: () => [...map.keys()],
    values: () => [...map.values()],
    entries: () => [...map],
    clear: () => map.clear(),
    compute: (key: Key, target: unknown, args: readonly unknown[]) => {
      const value = computed(host.target(target), map.get(checked(key)), args);
      if (value === undefined) map.delete(key);
      else map.set(key, value);
      return value;
    },
  });
}

// Either all entries are taken, or none.
function update(map: Map<Key, unknown>, entries: Entries): void {
  if (!Array.isArray(entries)) throw new TypeError(`The entries must be [key, value] pairs, received ${describe(entries)}.`);
  for (const entry of entries) {
    if (!Array.isArray(entry) || entry.length !== 2) throw new TypeError(`An entry must be [key, value], received ${describe(entry)}.`);
    checkKey(entry[0]);
  }
  for (const [key, value] of entries) map.set(key, value);
}

function missing(key: unknown): typeof MISSING {
  checkKey(key);
  return MISSING;
}

function checked(key: Key): Key {
  checkKey(key);
  return key;
}
