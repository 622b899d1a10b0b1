/** The rows of the comparison. The programs ID.py and ID.ts of this folder do the same, and each prints what it observed. */
export const rows = [
  { id: "lock-holder", fault: "the holder of a `Lock` is killed; another process acquires it with a timeout of 2 s" },
  {
    id: "producer-mid-put",
    fault: "a producer is killed in the middle of a `put` of 50 MB; another process calls `get` with a timeout of 3 s",
  },
  {
    id: "consumer-in-get",
    fault: "a consumer is killed while it waits in `get`; another process calls `put`, then `get` with a timeout of 3 s",
  },
  { id: "parent", fault: "a parent with a daemon child is killed; is its child alive 2 s later?" },
  { id: "unmarked-item", fault: "a consumer is killed before its `task_done`; another process calls `join`" },
  { id: "condition-waiter", fault: "a waiter of a `Condition` is killed; another process calls `notify`" },
  { id: "barrier-party", fault: "one of three parties of a `Barrier` is killed while it waits; the two others call `wait`" },
  { id: "semaphore-holder", fault: "the holder of a `Semaphore(1)` is killed; another process acquires it with a timeout of 2 s" },
  { id: "pool-running", fault: "both workers of a `Pool` are killed while they run a task; the caller waits for the results" },
  { id: "pool-terminate", fault: "both workers of a `Pool` are killed while they run a task; the caller does `terminate` and `join`" },
  { id: "pool-initializer", fault: "the initializer of a `Pool` throws; the caller waits for a result" },
];
