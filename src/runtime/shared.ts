import { fileURLToPath, pathToFileURL } from "node:url";
import { net, stream } from "../util/lazy-modules.ts";

const TAKES_VALUE = new Set(["-e", "--eval", "-p", "--print", "--input-type"]);
const NOT_FOR_CHILDREN = /^(-e|--eval|-p|--print|-c|--check|-i|--interactive|--input-type|--inspect|--watch|--test|--hot)/;

/** The interpreter's flags that a child gets too: not those that say what to run, nor those that claim a port or watch files. */
export function carriedFlags(execArgv: readonly string[]): string[] {
  const carried: string[] = [];
  for (let i = 0; i < execArgv.length; i++) {
    const flag = execArgv[i] ?? "";
    if (!NOT_FOR_CHILDREN.test(flag)) carried.push(flag);
    else if (TAKES_VALUE.has(flag)) i++;
  }
  return carried;
}

/** The flag that limits V8's heap, which is most of a process's data. */
export function heapFlag(bytes: number | undefined): string[] {
  return bytes === undefined ? [] : [`--max-old-space-size=${Math.max(1, Math.floor(bytes / 2 ** 20))}`];
}

/** Milliseconds between looks at what can't be watched. */
const LOOK_EVERY = 10;

/** In place of being told, where the system has not what that takes: slower, and as right. */
export function lookNowAndThen(look: () => void): void {
  setInterval(look, LOOK_EVERY).unref();
}

/** Takes a socket into the event loop, without holding it. */
export function adoptSocket(fd: number, data: () => void): void {
  try {
    const socket = new (net().Socket)({ fd, readable: true, writable: false });
    socket.on("data", data);
    socket.on("error", () => lookNowAndThen(data));
    socket.unref();
  } catch {
    lookNowAndThen(data);
  }
}

/** A module as a command line takes it: Node and Bun want paths. */
export function entryPath(entry: URL): string {
  return entry.protocol === "file:" ? fileURLToPath(entry) : entry.href;
}

export function mainFromArgv(): string | null {
  const main = process.argv[1];
  return main === undefined ? null : pathToFileURL(main).href;
}

/** `process.stdin` reads EOF from now on. */
export function replaceStdin(): void {
  const empty = Object.assign(stream().Readable.from([]), { fd: 0, isTTY: false });
  Object.defineProperty(process, "stdin", { value: empty, configurable: true, enumerable: true, writable: true });
}

/** The conditions under which this Node resolves imports, those of its flags too. */
export function importConditions(): ReadonlySet<string> {
  const flags = `${process.execArgv.join(" ")} ${process.env.NODE_OPTIONS ?? ""}`;
  const given = [...flags.matchAll(/(?:^|\s)(?:-C|--conditions)[=\s]\s*(\S+)/g)].map(([, name]) => name as string);
  return new Set(["node", "import", "module-sync", "node-addons", ...given]);
}

export function isInPackages(url: string): boolean {
  return url.includes("/node_modules/");
}
