import type { HubObject, ParticipantId } from "./request.ts";

/** An object, and the participants that are attached to it. */
export interface Entry {
  readonly object: HubObject;
  readonly participants: Set<ParticipantId>;
}

/** The objects that a hub serves. Each lives until its last participant has detached. */
export class ObjectTable {
  readonly #entries = new Map<string, Entry>();

  /** All objects, with their ids. */
  get entries(): Iterable<readonly [id: string, entry: Entry]> {
    return this.#entries;
  }

  add(id: string, object: HubObject): void {
    this.#entries.set(id, { object, participants: new Set() });
  }

  /** Attaches a participant to the object. Returns the object, or `undefined` if it is gone. */
  attach(id: string, participant: ParticipantId): HubObject | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    entry.participants.add(participant);
    entry.object.attached?.(participant);
    return entry.object;
  }

  detach(id: string, participant: ParticipantId, died: boolean): void {
    const entry = this.#entries.get(id);
    if (entry === undefined || !entry.participants.delete(participant)) return;
    entry.object.detached?.(participant, died);
    if (entry.participants.size > 0) return;
    this.#entries.delete(id);
    entry.object.discard?.();
  }
}
