/** The version of the interface in native/src/polyproc.h that this package speaks. */
export const ABI = 2;

type Bytes = ArrayBufferView | null;

/** The functions of the native library. native/src/polyproc.h says what each does. A negative result is an error number. */
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
  pp_keeper_listen(inbox: number, path: Bytes): number;
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
  pp_sync_make(inbox: number, kind: number, first: number, second: number): number;
  pp_sync_open(inbox: number, fd: number, kind: number): number;
  pp_sync_close(sync: number): number;
  pp_sync_fd(sync: number): number;
  pp_sync_sweep(sync: number): number;
  pp_sync_watch(sync: number, id: number): number;
  pp_sync_spin(sync: number): number;
  pp_sync_pass(sync: number): number;
  pp_sync_wait(sync: number, ms: number): number;
  pp_mutex_acquire(sync: number, depth: number, ms: number): number;
  pp_mutex_release(sync: number, all: number): number;
  pp_mutex_mine(sync: number): number;
  pp_semaphore_acquire(sync: number): number;
  pp_semaphore_release(sync: number): number;
  pp_semaphore_value(sync: number): number;
  pp_event_set(sync: number): number;
  pp_event_clear(sync: number): number;
  pp_event_look(sync: number): number;
  pp_condition_enter(sync: number): number;
  pp_condition_notified(sync: number, place: number): number;
  pp_condition_leave(sync: number, place: number): number;
  pp_condition_notify(sync: number, count: number): number;
  pp_barrier_arrive(sync: number, fields: Bytes): number;
  pp_barrier_look(sync: number, phase: number): number;
  pp_barrier_end(sync: number, how: number, phase: number): number;
  pp_barrier_state(sync: number, fields: Bytes): number;
  pp_memory_make(inbox: number, name: Bytes, size: Bytes): number;
  pp_memory_open(inbox: number, fd: number): number;
  pp_memory_attach(inbox: number, name: Bytes): number;
  pp_memory_close(memory: number): number;
  pp_memory_fd(memory: number): number;
  pp_memory_name(memory: number, name: Bytes): number;
  pp_memory_place(memory: number, place: Bytes): number;
  pp_memory_read(memory: number, range: Bytes, bytes: Bytes): number;
  pp_memory_write(memory: number, range: Bytes, bytes: Bytes): number;
  pp_memory_unlink(name: Bytes, file: Bytes): number;
  pp_memory_file(memory: number, file: Bytes): number;
  pp_memory_sweep(): number;
  pp_memory_atomic(memory: number, operation: number, width: number, values: Bytes): number;
}

/** The parameters of each function. "i" is a 32-bit number, "p" the memory of an array. */
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
  pp_keeper_listen: "ip",
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
  pp_sync_make: "iiii",
  pp_sync_open: "iii",
  pp_sync_close: "i",
  pp_sync_fd: "i",
  pp_sync_sweep: "i",
  pp_sync_watch: "ii",
  pp_sync_spin: "i",
  pp_sync_pass: "i",
  pp_sync_wait: "ii",
  pp_mutex_acquire: "iii",
  pp_mutex_release: "ii",
  pp_mutex_mine: "i",
  pp_semaphore_acquire: "i",
  pp_semaphore_release: "i",
  pp_semaphore_value: "i",
  pp_event_set: "i",
  pp_event_clear: "i",
  pp_event_look: "i",
  pp_condition_enter: "i",
  pp_condition_notified: "ii",
  pp_condition_leave: "ii",
  pp_condition_notify: "ii",
  pp_barrier_arrive: "ip",
  pp_barrier_look: "ii",
  pp_barrier_end: "iii",
  pp_barrier_state: "ip",
  pp_memory_make: "ipp",
  pp_memory_open: "ii",
  pp_memory_attach: "ip",
  pp_memory_close: "i",
  pp_memory_fd: "i",
  pp_memory_name: "ip",
  pp_memory_place: "ip",
  pp_memory_read: "ipp",
  pp_memory_write: "ipp",
  pp_memory_unlink: "pp",
  pp_memory_file: "ip",
  pp_memory_sweep: "",
  pp_memory_atomic: "iiip",
};
