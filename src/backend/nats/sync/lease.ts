import { StateError } from "../../../errors/errors.ts";
import { corrupted, type Records } from "./records.ts";

const KEY = "lease";
/** The lease of a namespace whose first process has not chosen another one, in milliseconds. */
const LEASE_MS = 15_000;

/**
 * Returns the lease of the namespace in milliseconds. The first process that connects chooses it: two processes with different leases would not
 * agree on who holds a lock.
 */
export async function agreeOnLease(records: Records, wanted: number | undefined): Promise<number> {
  for (;;) {
    const { fields, revision } = await records.read(KEY);
    if (fields !== undefined) return check(fields.ms, wanted);
    const chosen = wanted ?? LEASE_MS;
    if (typeof (await records.write(KEY, { ms: chosen }, revision)) === "number") return chosen;
  }
}

function check(there: unknown, wanted: number | undefined): number {
  if (typeof there !== "number" || !(there > 0)) throw corrupted(KEY);
  if (wanted !== undefined && wanted !== there)
    throw new StateError(
      `This namespace has a lease of ${there} ms, and this process asks for ${wanted} ms: give the same \`lease\` in every process, or none.`,
    );
  return there;
}
