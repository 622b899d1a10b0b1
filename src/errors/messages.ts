// What both backends say of the same thing.
import {
  BrokenBarrierError,
  BrokenPipeError,
  Empty,
  EOFError,
  Full,
  ProcessDiedError,
  ShutDown,
  StateError,
  TimeoutError,
} from "./errors.ts";

export function queueFull(): Full {
  return new Full("The queue is full: wait for room, or take items from it.");
}

export function queueEmpty(): Empty {
  return new Empty("The queue is empty: wait longer, or put something into it.");
}

export function notAllDone(): TimeoutError {
  return new TimeoutError("Not every item was marked done in time: consumers call taskDone() for each.");
}

export function shutDown(): ShutDown {
  return new ShutDown("The queue was shut down: nothing more can be put, and all that was in it has been taken.");
}

export function tooManyDone(): StateError {
  return new StateError("taskDone() was called more often than items were taken: call it once for each item from get().");
}

export function takenDied(items: number): ProcessDiedError {
  const what = items === 1 ? "A consumer ended holding an item that it" : `Consumers ended holding ${items} items that they`;
  return new ProcessDiedError(
    `${what} had not marked done: it counts as done now; make the queue with { redeliver: true } to get such items back.`,
    { fields: { items } },
  );
}

export function notRead(): TimeoutError {
  return new TimeoutError("The other end did not read in time: nothing of this message was sent.");
}

export function nothingCame(): TimeoutError {
  return new TimeoutError("No message came in time.");
}

export function noReader(): BrokenPipeError {
  return new BrokenPipeError("Nobody is left who could read this: every holder of the other end closed it or ended.");
}

export function endOfPipe(): EOFError {
  return new EOFError("The other end is closed, and all that was sent has been read.");
}

export function cutOff(arrived: number, expected: number): EOFError {
  return new EOFError(`The other end died in the middle of a message: ${arrived} of ${expected} bytes came.`, {
    fields: { bytesArrived: arrived, bytesExpected: expected },
  });
}

export function notHeld(): StateError {
  return new StateError("The lock is not held by anybody: call release() once for each acquire() that gave true.");
}

export function notHeldHere(): StateError {
  return new StateError("This process does not hold the lock: a recursive lock is released by the process that acquired it.");
}

export function tooManyReleased(): StateError {
  return new StateError("The semaphore has as many permits as it may have: call release() once for each acquire() that gave true.");
}

export function brokenBarrier(): BrokenBarrierError {
  return new BrokenBarrierError("The barrier is broken: a party died, gave up or aborted it. reset() makes it new.");
}

export function barrierTimedOut(): BrokenBarrierError {
  return new BrokenBarrierError("Not all parties came to the barrier in time: it is broken for all. reset() makes it new.");
}
