// The errors that more than one file throws. They are defined here, so that the same event always has the same text.
import {
  BrokenBarrierError,
  BrokenPipeError,
  ClosedError,
  Empty,
  EOFError,
  Full,
  ProcessDiedError,
  SerializationError,
  ShutDown,
  StateError,
  TimeoutError,
} from "./errors.ts";

// A put found no room before its time ran out.
export function queueFull(): Full {
  return new Full("The queue is full: wait for room, or take items from it.");
}

// A get found no item before its time ran out.
export function queueEmpty(): Empty {
  return new Empty("The queue is empty: wait longer, or put something into it.");
}

// The time of a queue's join() ran out while items were not marked as done.
export function notAllDone(): TimeoutError {
  return new TimeoutError("Not every item was marked done in time: consumers call taskDone() for each item.");
}

// The time of a putMany ran out while its source made the next item.
export function sourceLate(): TimeoutError {
  return new TimeoutError("The source gave no further item in time: wait longer, or find out why it takes so long.");
}

// A put after shutdown(), or a get after shutdown() from a queue that is empty.
export function shutDown(): ShutDown {
  return new ShutDown("The queue was shut down: no items can be put any more, and it has no items left to take.");
}

// A get whose option `from` names processes that have all ended well, and no item is left.
export function noneLeft(): ShutDown {
  return new ShutDown("All processes of `from` have ended, and no item is left: nothing more will come from them.");
}

// taskDone() was called when every taken item was marked already.
export function tooManyDone(): StateError {
  return new StateError("taskDone() was called more often than items were taken: call it once for each item from get().");
}

// done() or giveBack() of an item that is no longer in the hands of this process.
export function taskEnded(): StateError {
  return new StateError(
    "This item was marked done or given back before: each item is ended once, by done(), by giveBack() or by a taskDone() of the queue.",
  );
}

// getTask() was called while items are here that an earlier call had taken, and did not return.
export function takenBefore(): StateError {
  return new StateError(
    "An earlier get() or getMany() of this process has taken the next item, and did not return it: take it with get(), and then call getTask().",
  );
}

// join() learns that consumers died with items that they had not marked as done.
export function takenDied(items: number): ProcessDiedError {
  const what = items === 1 ? "A consumer ended with an item that it" : `Consumers ended with ${items} items that they`;
  const consequence = items === 1 ? "It counts as done now" : "They count as done now";
  return new ProcessDiedError(
    `${what} had not marked done. ${consequence}. Make the queue with { redeliver: true } to get such items back.`,
    { fields: { items } },
  );
}

// The time of a connection's send ran out while the pipe was full.
export function notRead(): TimeoutError {
  return new TimeoutError(
    "The other end did not read in time, and nothing of this message was sent: wait longer, or find out why it does not read.",
  );
}

// The time of a connection's recv ran out.
export function nothingCame(): TimeoutError {
  return new TimeoutError("No message came in time: wait longer, or find out why the other end does not send.");
}

// A send when no process has the other end of the connection open.
export function noReader(): BrokenPipeError {
  return new BrokenPipeError("No process is left that could read this: every process that had the other end has closed it or ended.");
}

// A recv when no process has the other end of the connection open, and all messages were read.
export function endOfPipe(): EOFError {
  return new EOFError("The other end is closed, and all that was sent has been read: no more messages will come.");
}

// A recv of a message whose sender died in the middle of the message.
export function cutOff(arrived: number, expected: number): EOFError {
  return new EOFError(`The other end died in the middle of a message: ${arrived} of ${expected} bytes came.`, {
    fields: { bytesArrived: arrived, bytesExpected: expected },
  });
}

// The time of a listener's accept() ran out.
export function nobodyConnected(): TimeoutError {
  return new TimeoutError("No process that knows the key connected in time: wait longer, and see `rejected` for peers with another key.");
}

// The time of hold() ran out, for a lock or a semaphore.
export function notAcquired(): TimeoutError {
  return new TimeoutError("The lock or permit could not be acquired in time: wait longer, or find out which process holds it.");
}

// release() of a lock that no process holds.
export function notHeld(): StateError {
  return new StateError("The lock is not held by any process: call release() once for each acquire() that gave true.");
}

// release() of a recursive lock that this process does not hold.
export function notHeldHere(): StateError {
  return new StateError("This process does not hold the lock: a recursive lock is released by the process that acquired it.");
}

// release() of a bounded semaphore that has all its permits.
export function tooManyReleased(): StateError {
  return new StateError("The semaphore has as many permits as it may have: call release() once for each acquire() that gave true.");
}

// A wait at a barrier that is broken already, or that breaks during the wait.
export function brokenBarrier(): BrokenBarrierError {
  return new BrokenBarrierError("The barrier is broken: a party died, gave up or aborted it. reset() makes it usable again.");
}

// The time of a wait at a barrier ran out. That breaks the barrier for all parties.
export function barrierTimedOut(): BrokenBarrierError {
  return new BrokenBarrierError("Not all parties came to the barrier in time: it is broken for all. reset() makes it usable again.");
}

/** A message brought a reference that no process of this version makes. */
export function malformedReference(): SerializationError {
  return new SerializationError("A reference to a shared object is malformed: its sender is no polyproc process of this version.");
}

// An object was closed in this process while one of its calls waited.
export function closedMeanwhile(label: string): ClosedError {
  return new ClosedError(`The ${label} was closed in this process while this call waited.`);
}

// The process that hosts an object does not reply within the limit of a call. `so` says what follows from that.
export function hostSilent(so: string): string {
  return `The process that hosts this object did not reply in time: it computes, or it is stopped. ${so}.`;
}

// The same, for a call that made its requests and can't take them back.
export function mayHaveHappened(so: string, cause: unknown): TimeoutError {
  return new TimeoutError(hostSilent(so), { fields: { mayHaveHappened: true }, ...(cause === undefined ? {} : { cause }) });
}
