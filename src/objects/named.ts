// What this process tells `polyproc ps` of the names that programs gave to the objects which it has open.
import type { ConnectionPort } from "../backend/contract/connection.ts";
import type { Port } from "../backend/contract/port.ts";
import { page } from "../tree/page.ts";
import { beforeBlocking } from "../util/blocking.ts";
import { shownName } from "../util/shown-name.ts";

/** A named object, as it stands on the page. */
interface Told {
  readonly backend: string;
  readonly id: string;
  readonly kind: string;
  readonly name: string;
}

/** More names are not told, so that the page stays small. */
const MOST = 500;

const KINDS: Readonly<Record<string, string>> = { "shared memory": "memory", "shared value": "value", "shared array": "array" };

// What is told of a port is made when the page is written, because to ask for an object's number takes time.
const named = new Map<Port, { readonly label: string; told?: readonly Told[] }>();

page.tell("named", () => {
  if (named.size === 0) return undefined;
  return [...named].slice(0, MOST).flatMap(([port, entry]) => {
    entry.told ??= factsOf(port, entry.label);
    return entry.told;
  });
});

/** Gives an object the name that its maker chose, or that came with it. A name of a wrong type counts as none. */
export function nameObject(port: Port, name: unknown): void {
  const shown = shownName(name);
  if (shown !== undefined) port.givenName = shown;
}

/** Notes that an object is open here. */
export function tellName(port: Port, label: string): void {
  if (port.givenName === undefined) return;
  named.set(port, { label });
  changed();
}

/** Notes that an object is open here no longer. */
export function forgetName(port: Port): void {
  if (port.givenName !== undefined && named.delete(port)) changed();
}

function changed(): void {
  page.changed();
  // While a call blocks, the page can't be written. Just then somebody may look.
  beforeBlocking(() => page.write());
}

function factsOf(port: Port, label: string): readonly Told[] {
  const identity = port.identity?.();
  const { givenName: name } = port;
  if (identity === undefined || name === undefined) return [];
  return [{ ...identity, kind: label === "connection" ? kindOfEnd(port as ConnectionPort) : (KINDS[label] ?? label), name }];
}

function kindOfEnd({ readable, writable }: ConnectionPort): string {
  return readable && writable ? "pipe" : readable ? "reader" : "writer";
}
