// The names of objects. Only the processes that have an object open know its name, so they tell it.
import type { SharedFacts } from "../backend/contract/inspect.ts";
import { fieldsOf, listOf, textOf } from "../util/checked.ts";
import { shownName } from "../util/shown-name.ts";
import type { NamedFacts, ObjectFacts } from "./facts.ts";
import type { FoundProcess } from "./find.ts";

/** More names of a process are not read. */
const MOST = 1000;
/** The kinds of objects that are found only by their names. */
const OTHERS: ReadonlySet<unknown> = new Set<NamedFacts["kind"]>(["pipe", "reader", "writer", "value", "array", "memory"]);

/** What a process has told of an object. */
interface Named {
  readonly pid: number;
  readonly kind: unknown;
  readonly backend: string;
  readonly id: string;
  readonly name: string;
}

/** The names that processes have told. */
export class Names {
  readonly #told: readonly Named[];
  readonly #byObject = new Map<string, Named[]>();

  constructor(found: readonly FoundProcess[]) {
    this.#told = found.flatMap(toldBy);
    for (const each of this.#told) {
      const known = this.#byObject.get(keyOf(each));
      if (known === undefined) this.#byObject.set(keyOf(each), [each]);
      else known.push(each);
    }
  }

  /** Adds its name to an object. Only those who have it open are believed. */
  of(object: SharedFacts): ObjectFacts {
    const { host, users } = object;
    const told = this.#byObject.get(keyOf(object))?.find(({ pid }) => pid === host || users.includes(pid));
    return { ...object, name: told?.name ?? null };
  }

  /** Returns the objects that are found only by their names. */
  others(): NamedFacts[] {
    const others = new Map<string, NamedFacts & { readonly users: number[] }>();
    for (const { pid, kind, backend, id, name } of this.#told) {
      if (!OTHERS.has(kind)) continue;
      const key = `${kind} ${keyOf({ backend, id })}`;
      const known = others.get(key);
      if (known === undefined) others.set(key, { kind: kind as NamedFacts["kind"], backend, id, name, users: [pid] });
      else if (!known.users.includes(pid)) known.users.push(pid);
    }
    return [...others.values()];
  }
}

function toldBy({ pid, pages }: FoundProcess): Named[] {
  return pages.flatMap((page) =>
    listOf(page.named, MOST).flatMap((each): Named[] => {
      const { kind, ...told } = fieldsOf(each);
      const [backend, id, name] = [textOf(told.backend), textOf(told.id), shownName(told.name)];
      return backend === null || id === null || name === undefined ? [] : [{ pid, kind, backend, id, name }];
    }),
  );
}

function keyOf({ backend, id }: { readonly backend: string; readonly id: string }): string {
  return `${backend} ${id}`;
}
