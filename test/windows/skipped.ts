// What `npm run test:windows` leaves out, and why. A reason says whether the case can't be tried there, or shows a limit that the docs name.

interface Skipped {
  /** A file, or a folder, of test/cases. */
  readonly files: string;
  /** The beginning of a case's name; all cases of the files if it is missing. */
  readonly cases?: string;
  /** The runtimes that leave it out; all if it is missing. */
  readonly runtimes?: readonly string[];
  readonly why: string;
}

const NO_STOP = "the case stops a process by SIGSTOP, and Windows has no such thing";
const NO_SIGNALS = "the case sends a signal that has a handler, and Windows has no signals";
const NO_SIGTERM = "the case has a child that handles SIGTERM, and on Windows it ends the child at once";
const UNTOLD = "the case has a child that ends itself by a signal, and on Windows such an end is the exit code 1";
const NEVER_FULL = "on Bun, a send to a named pipe is over at once, whether or not the other side reads, or is there";
const BUN_REPORTS = "Bun under Wine writes reports of an internal error (directory mismatch) to stderr";
const NO_END = "on Deno, a Listener or Client at a named pipe is not always told that the other side has closed it, or is gone";
const LAST_BYTES = "on Deno, the last bytes that a process sends to a named pipe before it ends are sometimes lost";
const NO_PROC = "the case reads what a process has open, or its children, from /proc";
const NO_SOCKET_FILES = "the case is about the files of sockets, and named pipes have none";

const SKIPPED: readonly Skipped[] = [
  { files: "barrier/deaths", cases: "the others wait for a stopped party", why: NO_STOP },
  { files: "condition/deaths", cases: "a notification of a killed waiter is passed on", why: NO_STOP },
  { files: "condition/deaths", cases: "a stopped waiter", why: NO_STOP },
  { files: "event/deaths", cases: "set does not wait for a killed or a stopped waiter", why: NO_STOP },
  { files: "launch/spares", cases: "a spare that is stopped", why: NO_STOP },
  { files: "lock/deaths", cases: "a stopped", why: NO_STOP },
  { files: "queue/objects", cases: "a get ends on time when the process that sent the item's objects is stopped", why: NO_STOP },
  { files: "semaphore/deaths", cases: "a process that is stopped", why: NO_STOP },
  { files: "silent-owner/queue", why: NO_STOP },
  { files: "silent-owner/sync", why: NO_STOP },
  { files: "barrier/waits", cases: "all parties come in time, and one is too busy", why: NO_SIGNALS },
  { files: "listener/waits", cases: "signals with a handler", why: NO_SIGNALS },
  { files: "process/ends", cases: "signals with a handler", why: NO_SIGNALS },
  { files: "process/grace", cases: "a real-time signal", why: UNTOLD },
  { files: "process/grace", cases: "terminate({ grace }) kills a child that does not end in time", why: NO_SIGTERM },
  { files: "process/grace", cases: "a signal that is aborted later", why: NO_SIGTERM },
  { files: "process/output", cases: "stdout and stderr piped", runtimes: ["bun"], why: BUN_REPORTS },
  { files: "process/output", cases: "piped output that nobody reads", runtimes: ["bun"], why: BUN_REPORTS },
  {
    files: "connection/deaths",
    cases: "a message cut off by a death",
    runtimes: ["bun"],
    why: "on Bun, a named pipe takes a message of any size at once, so that none is cut off",
  },
  { files: "connection/travel", cases: "a process handed a pipe has as many descriptors", why: NO_PROC },
  { files: "launch/forkserver", cases: "forkserver: a child with limits", why: NO_PROC },
  { files: "launch/spares", why: NO_PROC },
  { files: "queue/objects", cases: "items that are dropped give their objects back", why: NO_PROC },
  { files: "queue/objects", cases: "an item that a consumer took and lost gives its objects back", why: NO_PROC },
  { files: "queue/objects", cases: "messages that are dropped with their pipe", why: NO_PROC },
  { files: "launch/leftovers", why: NO_SOCKET_FILES },
  { files: "listener/basics", cases: "a socket's file", why: NO_SOCKET_FILES },
  { files: "listener/deaths", cases: "a path left by a killed listener", why: NO_SOCKET_FILES },
  {
    files: "listener/objects",
    cases: "open listeners and connections keep no event loop alive, and the socket's file",
    why: NO_SOCKET_FILES,
  },
  { files: "listener/hostile", cases: "nobody listens; a folder", why: NO_SOCKET_FILES },
  {
    files: "listener/deaths",
    cases: "a connection that breaks while messages are unread",
    runtimes: ["bun"],
    why: NEVER_FULL,
  },
  { files: "listener/deaths", cases: "a peer is killed", runtimes: ["deno"], why: NO_END },
  { files: "listener/deaths", cases: "a connection that breaks while messages are unread", runtimes: ["deno"], why: NO_END },
  { files: "listener/hostile", cases: "framing", runtimes: ["deno"], why: NO_END },
  { files: "listener/waits", cases: "poll and wait see what", runtimes: ["deno"], why: NO_END },
  { files: "listener/sending", cases: "unread messages stay with their sender", runtimes: ["deno"], why: LAST_BYTES },
  { files: "listener/sending", cases: "unread messages stay with their sender", runtimes: ["bun"], why: NEVER_FULL },
  { files: "listener/sending", cases: "send: a timeout or abort ends the wait", runtimes: ["bun"], why: NEVER_FULL },
  { files: "listener/basics", cases: "two listeners at one address", why: "Wine lets a second server have the name of a named pipe" },
];

/** Returns why a case is left out there, or `undefined` if it is run. `file` is a URL. */
export function reasonToSkip(file: string, name: string, runtime: string): string | undefined {
  const found = SKIPPED.find(
    ({ files, cases = "", runtimes }) =>
      file.includes(`/test/cases/${files}`) && name.startsWith(cases) && (runtimes === undefined || runtimes.includes(runtime)),
  );
  return found?.why;
}
