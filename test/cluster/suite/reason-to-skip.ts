// The cases of test/cases that a cluster runs, and the reasons for which it does not run some of them.

/** The files of cases whose behaviour is the same on a cluster. */
export const NAMES: readonly string[] = [
  "queue/basics",
  "queue/waits",
  "queue/many",
  "queue/from",
  "lock/basics",
  "lock/deaths",
  "lock/waits",
  "event/basics",
  "event/deaths",
  "event/waits",
  "semaphore/basics",
  "semaphore/deaths",
  "semaphore/waits",
  "shared-value/basics",
];

/** Those of pools, whose workers are processes of an agent. */
export const POOL_NAMES: readonly string[] = ["pool/arrays", "pool/basics", "pool/crashes", "pool/ends", "pool/executor"];

const REASONS: Readonly<Record<string, readonly string[]>> = {
  "a cluster does not know how many processes have an object open": ["stats count what happened"],
  "items of a dead consumer come back after the lease, which takes longer than this case waits": [
    "a consumer that dies with many items: they come back in order, or join tells their number",
  ],
  "a Queue of a cluster has no join()": [
    "aborts: before, and while it waits; nothing is left behind",
    "shutdown() lets items be taken, then ends all calls; an immediate one drops the items",
  ],
  "a lock of a cluster is released by its holder alone": ["any process may release a held Lock"],
  "a permit of a cluster is given back by the process that has it": [
    "permits that another process gave back do not come back again when their taker dies",
  ],
  "a lock without a name stays if its maker ends without closing the connection": ["a child makes a lock, holds it and gives it away"],
  "objects are passed to the workers of a cluster by their names": [
    "break in iterate ends the generator, so that its finally runs",
    "shared objects travel as arguments and in results",
    "retries run a task again if its worker died",
    "tasks with the same key run in order in one worker",
    "a call that is given up aborts the task's signal, and its worker lives on",
  ],
  "a cluster has no pipes": [
    "transferred objects are closed here once the worker has them",
    "close ends pending calls and later ones; other objects for the same lock go on",
  ],
};

export function reasonToSkip(_file: string, name: string): string | undefined {
  return Object.keys(REASONS).find((reason) => REASONS[reason]?.includes(name));
}
