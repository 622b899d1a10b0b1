// The debugger's port of a process, as its runtime's flags ask for it.

/** How a process is inspected. */
export interface Inspection {
  /** The address on which a debugger connects, without a port. */
  readonly host: string;
  /** Whether the process waits for a debugger before it runs the program. */
  readonly waits: boolean;
}

const LOCAL = "127.0.0.1";
const FLAG = /^--inspect(-brk|-wait)?(?:=(.*))?$/s;

/** Returns how a process with these flags is inspected, or `undefined` if it is not. The last flag wins, as in the runtimes. */
export function inspectionIn(words: readonly string[]): Inspection | undefined {
  let found: Inspection | undefined;
  for (const word of words) {
    const [flag, wait, value = ""] = FLAG.exec(word) ?? [];
    if (flag !== undefined) found = { host: hostIn(value), waits: wait !== undefined };
  }
  return found;
}

/** Returns the flag that gives a process a free port at the same address, and lets it wait if this one does. All runtimes have these flags. */
export function inspectFlag({ host, waits }: Inspection): string {
  return `--inspect${waits ? "-wait" : ""}=${host}:0`;
}

/** Whether a program gives its child a flag of this kind by itself. */
export function hasInspectFlag(words: readonly string[]): boolean {
  return inspectionIn(words) !== undefined;
}

// A value is a port, a host, or both. An IPv6 address has brackets. Bun also takes a URL, or a path behind the port.
function hostIn(value: string): string {
  const [, host = ""] = /^(?:wss?:\/\/)?(\[[^\]]*\]|[^:/]*)/.exec(value) ?? [];
  return host === "" || /^\d+$/.test(host) ? LOCAL : host;
}
