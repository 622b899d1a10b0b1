import type { Inspected, Party, SeenProcess, SharedFacts, SharedKind, WaitingParty } from "../contract/inspect.ts";
import { NATIVE } from "./core/location.ts";
import type { Shim } from "./library/functions.ts";

/** The name of the library's memory files among the open files of a process. */
const FILE = "/memfd:polyproc (deleted)";
/** As in native/src/inspect/object.h. */
const NUMBERS = 4;
const HEAD = 16;
const ROW = 4;
const MOST_PARTICIPANTS = 1024;

/** The kinds by the numbers of native/src/polyproc.h, the names of their numbers, and the calls that wait. */
const KINDS: readonly { readonly kind: SharedKind; readonly numbers: readonly string[]; readonly calls: readonly string[] }[] = [
  {
    kind: "queue",
    numbers: ["size", "maxsize", "puts", "gets", "lost", "redelivered", "unfinished", "isShutDown", "redelivers"],
    calls: ["get", "put", "join", "get", "put"],
  },
  { kind: "lock", numbers: [], calls: ["acquire"] },
  { kind: "semaphore", numbers: ["value", "initial", "isBounded"], calls: ["acquire"] },
  { kind: "event", numbers: ["isSet"], calls: ["wait"] },
  { kind: "condition", numbers: ["waiting"], calls: ["wait"] },
  { kind: "barrier", numbers: ["parties", "waiting", "isBroken"], calls: ["wait"] },
];

interface Found {
  /** Where the object can be opened. */
  readonly pid: number;
  readonly fd: number;
  readonly users: Set<number>;
  /** The processes of the participants, by their index. */
  readonly participants: Map<number, number>;
}

/**
 * Reads the objects that processes share in memory. The processes take no part in it: it works while they compute, and while they are stopped.
 * Nothing is locked or written.
 */
export function inspectMemory(shim: Shim, processes: readonly SeenProcess[]): Inspected {
  const objects = new Map<string, Found>();
  const identity = new BigUint64Array(2);
  for (const { pid, files } of processes) {
    for (const [fd, name] of files) {
      if (name !== FILE) continue;
      const index = shim.pp_inspect_descriptor(pid, fd, identity);
      const id = String(identity[1]);
      const found: Found = objects.get(id) ?? { pid, fd, users: new Set(), participants: new Map() };
      objects.set(id, found);
      found.users.add(pid);
      if (index >= 0) found.participants.set(index, pid);
    }
  }
  const facts = new BigInt64Array(HEAD + ROW * MOST_PARTICIPANTS);
  const told = [...objects].flatMap(([id, found]) => {
    const count = shim.pp_inspect_object(found.pid, found.fd, facts, facts.length);
    // The descriptor may belong to another file by now.
    return count < HEAD || String(facts[0]) !== id ? [] : (factsOf(id, found, facts.subarray(0, count)) ?? []);
  });
  return { objects: told, silent: [] };
}

function factsOf(id: string, { users, participants }: Found, facts: BigInt64Array): SharedFacts | undefined {
  const at = (index: number): number => Number(facts[index] ?? 0n);
  const kind = KINDS[at(1)];
  if (kind === undefined) return undefined;
  const holders: Party[] = [];
  const waiters: WaitingParty[] = [];
  const holder = at(3);
  let isKnown = false;
  for (let row = HEAD; row + ROW <= facts.length; row += ROW) {
    const index = at(row);
    const pid = participants.get(index);
    const party = { pid: pid ?? null, isMainThread: facts[row + 3] !== 0n };
    if (index === holder - 1 && pid !== undefined) isKnown = holders.push(party) > 0;
    // A process that has ended leaves its values in the memory. They mean nothing any more.
    if (pid === undefined) continue;
    if (kind.kind === "semaphore" && at(row + 2) > 0) holders.push(party);
    waiters.push(...waitsIn(kind.calls, at(row + 1), party));
    const hasArrived = (kind.kind === "condition" || kind.kind === "barrier") && at(row + 2) > 0;
    if (hasArrived && waiters.at(-1)?.pid !== pid) waiters.push({ ...party, call: "wait", isSync: false });
  }
  if (holder !== 0 && !isKnown) holders.push({ pid: null, isMainThread: null });
  return {
    kind: kind.kind === "lock" && at(NUMBERS) !== 0 ? "rlock" : kind.kind,
    backend: NATIVE,
    id,
    host: null,
    users: [...users],
    holders,
    waiters,
    numbers: Object.fromEntries(kind.numbers.map((name, i) => [name, at(NUMBERS + i)])),
  };
}

// The bits of native/src/base/participant.h.
function waitsIn(calls: readonly string[], bits: number, party: Party): WaitingParty[] {
  return calls.flatMap((call, what) => {
    const isSync = (bits & (2 << what)) !== 0;
    return isSync || (bits & (0x100 << what)) !== 0 ? [{ ...party, call, isSync }] : [];
  });
}
