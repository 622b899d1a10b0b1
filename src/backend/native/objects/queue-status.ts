import { CorruptedError, ProcessError } from "../../../errors/errors.ts";
import { shutDown } from "../../../errors/messages.ts";
import { EBADMSG, EMSGSIZE, ENOMEM, ENOSPC, ESHUTDOWN } from "../library/errno.ts";
import { check } from "../library/result.ts";

/** Throws the error of a call on a queue that has failed with this status. */
export function checkStatus(status: number): void {
  if (status === ESHUTDOWN) throw shutDown();
  if (status === EBADMSG)
    // The queue's own data in shared memory is inconsistent.
    throw new CorruptedError(
      "The queue's shared memory makes no sense any more: a process of the tree has written where it must not. Make a new queue.",
    );
  if (status === ENOSPC || status === ENOMEM)
    // The system can't enlarge the queue's file in memory.
    throw new ProcessError(
      "There is no memory left for this item: it was not put. Take items out first, or bound the queue with maxsize.",
      { fields: { errno: status } },
    );
  if (status === EMSGSIZE)
    // The queue was made by a process that could not have a ring for the largest items.
    throw new ProcessError(
      "The item is too large for this queue, which was made small: the process that made it has little address space (`ulimit -v`) or may only have small files (`ulimit -f`). Raise that limit, or use the portable backend.",
      { fields: { errno: status } },
    );
  check(status, "The queue failed");
}
