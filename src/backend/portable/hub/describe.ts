import type { Entry } from "./object-table.ts";
import { Participant } from "./participant.ts";
import type { ParticipantId } from "./request.ts";

/** More objects are not told. */
const MOST_TOLD = 5000;

/** What a hub tells of an object to `polyproc ps`. */
export interface ToldObject {
  readonly id: string;
  readonly kind: string;
  readonly numbers: Readonly<Record<string, number>>;
  readonly users: readonly (number | null)[];
  readonly holders: readonly (number | null)[];
  readonly waiters: readonly { readonly pid: number | null; readonly call: string }[];
}

/** Describes the objects of a hub. */
export function describe(entries: Iterable<readonly [id: string, entry: Entry]>): ToldObject[] {
  const told: ToldObject[] = [];
  const waits = new Map<string, { pid: number | null; call: string }[]>();
  const seen = new Set<ParticipantId>();
  for (const [id, { object, participants }] of entries) {
    for (const participant of participants) if (!seen.has(participant)) collectWaits(participant, waits, seen);
    const facts = object.describe?.();
    if (facts === undefined) continue;
    const { kind, numbers, holders = [] } = facts;
    told.push({ id, kind, numbers, users: [...participants].map(pidOf), holders: holders.map(pidOf), waiters: [] });
    if (told.length === MOST_TOLD) break;
  }
  return told.map((each) => ({ ...each, waiters: waits.get(each.id) ?? [] }));
}

function collectWaits(
  participant: ParticipantId,
  waits: Map<string, { pid: number | null; call: string }[]>,
  seen: Set<ParticipantId>,
): void {
  seen.add(participant);
  if (!(participant instanceof Participant)) return;
  for (const [id, call] of participant.waits()) {
    const known = waits.get(id) ?? [];
    known.push({ pid: participant.pid, call });
    waits.set(id, known);
  }
}

function pidOf(participant: ParticipantId): number | null {
  return participant instanceof Participant ? participant.pid : null;
}
