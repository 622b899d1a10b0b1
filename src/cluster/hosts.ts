import type { Wire } from "../backend/contract/wire.ts";
import { sleep } from "../util/clock.ts";
import { bytesOf, fieldsOf, type HostFacts, hostsSubject, isNumber } from "./protocol.ts";

/** Asks the agents of a namespace what they are, and waits `ms` milliseconds for what they say. */
export async function findHosts(wire: Wire, ms: number): Promise<readonly HostFacts[]> {
  const found: HostFacts[] = [];
  const inbox = wire.inbox();
  const unsubscribe = wire.subscribe(inbox, ({ bytes }) => {
    const facts = factsIn(bytes);
    if (facts !== undefined) found.push(facts);
  });
  try {
    await wire.flush();
    wire.publish(hostsSubject(wire), bytesOf(null), inbox);
    await sleep(ms);
  } finally {
    unsubscribe();
  }
  return found.sort((a, b) => (a.host === b.host ? a.pid - b.pid : a.host < b.host ? -1 : 1));
}

// Anybody in the namespace may send anything.
function factsIn(bytes: Uint8Array): HostFacts | undefined {
  try {
    const { host, pid, runtime, group, version, slots, busy } = fieldsOf<HostFacts>(bytes);
    const texts = [host, runtime, group, version];
    if (!texts.every((text) => typeof text === "string") || ![pid, slots, busy].every(isNumber)) return undefined;
    return { host, pid, runtime, group, version, slots, busy } as HostFacts;
  } catch {
    return undefined;
  }
}
