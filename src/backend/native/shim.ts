import { getSystemErrorName } from "node:util";
import { ProcessError } from "../../errors.ts";

/** The version of the interface in native/src/polyproc.h that this package speaks. */
export const ABI = 1;

type Bytes = ArrayBufferView | null;

/** The functions of native/src/polyproc.h, which says what each does. A negative result is an errno. */
export interface Shim {
  pp_abi(): number;
  pp_probe(feature: Bytes): number;
  pp_inbox_open(fd: Bytes): number;
  pp_inbox_take(inbox: number, events: Bytes, max: number): number;
  pp_inbox_wait(inbox: number, ms: number): number;
  pp_watch_fd(inbox: number, id: number, fd: number, write: number): number;
  pp_watch_parent(inbox: number, id: number, channel: number, paths: Bytes, detached: number): number;
  pp_close(fd: number): number;
  pp_spawn(inbox: number, id: number, settings: Bytes, text: Bytes, pid: Bytes): number;
  pp_signal(pidfd: number, signal: number): number;
  pp_socketpair(fds: Bytes, duplex: number): number;
  pp_check_socket(fd: number): number;
  pp_write(fd: number, bytes: Bytes, offset: number, length: number, ms: number): number;
  pp_read(fd: number, bytes: Bytes, offset: number, length: number, ms: number): number;
  pp_send(fd: number, bytes: Bytes, length: number, ms: number): number;
  pp_recv(fd: number, incoming: Bytes, bytes: Bytes, room: number, ms: number): number;
  pp_readable(fd: number, ms: number): number;
  pp_take_stdin(): number;
  pp_keeper_listen(path: Bytes): number;
  pp_keep(path: Bytes, token: Bytes, fd: number): number;
  pp_claim(path: Bytes, token: Bytes): number;
  pp_queue_make(inbox: number, maxsize: Bytes, redeliver: number): number;
  pp_queue_open(inbox: number, fd: number): number;
  pp_queue_close(queue: number): number;
  pp_queue_fd(queue: number): number;
  pp_queue_put(queue: number, bytes: Bytes, length: number, ms: number): number;
  pp_queue_get(queue: number, bytes: Bytes, room: number, ms: number): number;
  pp_queue_needed(queue: number): number;
  pp_queue_poll(queue: number): number;
  pp_queue_task_done(queue: number): number;
  pp_queue_join(queue: number, fresh: number): number;
  pp_queue_shutdown(queue: number, immediate: number): number;
  pp_queue_stats(queue: number, stats: Bytes): number;
  pp_queue_watch(queue: number, id: number, what: number): number;
  pp_queue_pass(queue: number, what: number): number;
  pp_queue_wait(queue: number, what: number, ms: number): number;
}

/** What each function takes, as the doors of native/src/napi.c have it. i: a 32-bit number, p: an array's memory. */
export const SIGNATURES: Readonly<Record<keyof Shim, string>> = {
  pp_abi: "",
  pp_probe: "p",
  pp_inbox_open: "p",
  pp_inbox_take: "ipi",
  pp_inbox_wait: "ii",
  pp_watch_fd: "iiii",
  pp_watch_parent: "iiipi",
  pp_close: "i",
  pp_spawn: "iippp",
  pp_signal: "ii",
  pp_socketpair: "pi",
  pp_check_socket: "i",
  pp_write: "ipiii",
  pp_read: "ipiii",
  pp_send: "ipii",
  pp_recv: "ippii",
  pp_readable: "ii",
  pp_take_stdin: "",
  pp_keeper_listen: "p",
  pp_keep: "ppi",
  pp_claim: "pp",
  pp_queue_make: "ipi",
  pp_queue_open: "ii",
  pp_queue_close: "i",
  pp_queue_fd: "i",
  pp_queue_put: "ipii",
  pp_queue_get: "ipii",
  pp_queue_needed: "i",
  pp_queue_poll: "i",
  pp_queue_task_done: "i",
  pp_queue_join: "ii",
  pp_queue_shutdown: "ii",
  pp_queue_stats: "ip",
  pp_queue_watch: "iii",
  pp_queue_pass: "ii",
  pp_queue_wait: "iii",
};

/** A string as the shim takes it. */
export function text(...strings: readonly string[]): Uint8Array {
  return new TextEncoder().encode(strings.map((each) => `${each}\0`).join("") || "\0");
}

/** Throws for a negative result: what was tried, and the system's word for why it failed. */
export function check(result: number, what: string): number {
  if (result >= 0) return result;
  throw new ProcessError(`${what}: ${getSystemErrorName(result)}. ${advice[getSystemErrorName(result)] ?? ""}`.trimEnd());
}

const advice: Readonly<Record<string, string>> = {
  EMFILE: "This process has as many open files as it may have: close some, or raise `ulimit -n`.",
  ENFILE: "The system has as many open files as it may have: close some.",
  ENOMEM: "There is no memory left for it.",
  ENOSPC: "There is no memory left for it.",
  EAGAIN: "The system allows no more processes or threads: end some, or raise `ulimit -u`.",
};
