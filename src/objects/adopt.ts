import type { Port } from "../backend/contract/port.ts";
import type { Ref } from "../backend/contract/ref.ts";
import { malformedReference } from "../errors/messages.ts";
import { adoptionOf } from "./kinds.ts";
import type { SharedObject } from "./shared-object.ts";

/** Makes the objects for references that came in a message. Throws `SerializationError` for references that are not valid. */
export function adoptAll(refs: readonly Ref[], ports: readonly Port[]): SharedObject[] {
  const objects: (SharedObject | undefined)[] = refs.map(() => undefined);
  const make = (index: number, isCompanion: boolean): SharedObject => {
    const known = objects[index];
    if (known !== undefined) return known;
    const { kind, details, companions = [] } = refs[index] ?? refuse();
    // A companion has no companions. Without this rule, two references that name each other would never end.
    if (isCompanion && companions.length > 0) throw malformedReference();
    const object = (adoptionOf(kind) ?? refuse())(ports[index] as never, {
      details,
      companions: companions.map((companion) => make(companion, true)),
    });
    objects[index] = object;
    return object;
  };
  return refs.map((_, index) => make(index, false));
}

function refuse(): never {
  throw malformedReference();
}
