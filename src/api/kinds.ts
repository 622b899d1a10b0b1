// Connects each kind of shared object with its public class. A new kind needs a contract in backend/contract/, a class in this folder, a
// file in each backend that supports it, one row in this table, and one row in the kinds.ts of those backends.
import { BARRIER } from "../backend/contract/barrier.ts";
import { CONDITION } from "../backend/contract/condition.ts";
import { CONNECTION } from "../backend/contract/connection.ts";
import { EVENT } from "../backend/contract/event.ts";
import { LOCK, RLOCK } from "../backend/contract/lock.ts";
import { MEMORY } from "../backend/contract/memory.ts";
import { SHARED_ARRAY, SHARED_VALUE } from "../backend/contract/numbers.ts";
import { QUEUE, SIMPLE_QUEUE } from "../backend/contract/queue.ts";
import { BOUNDED_SEMAPHORE, SEMAPHORE } from "../backend/contract/semaphore.ts";
import { registerKind } from "../objects/kinds.ts";
import { Barrier } from "./barrier.ts";
import { Condition } from "./condition.ts";
import { Connection } from "./connection.ts";
import { Event } from "./event.ts";
import { Lock } from "./lock.ts";
import { Queue } from "./queue.ts";
import { RLock } from "./rlock.ts";
import { BoundedSemaphore, Semaphore } from "./semaphore.ts";
import { SharedArray } from "./shared-array.ts";
import { SharedMemory } from "./shared-memory.ts";
import { SharedValue } from "./shared-value.ts";
import { SimpleQueue } from "./simple-queue.ts";

registerKind(QUEUE, Queue.adopt);
registerKind(SIMPLE_QUEUE, SimpleQueue.adopt);
registerKind(CONNECTION, Connection.adopt);
registerKind(LOCK, Lock.adopt);
registerKind(RLOCK, RLock.adopt);
registerKind(SEMAPHORE, Semaphore.adopt);
registerKind(BOUNDED_SEMAPHORE, BoundedSemaphore.adopt);
registerKind(EVENT, Event.adopt);
registerKind(CONDITION, Condition.adopt);
registerKind(BARRIER, Barrier.adopt);
registerKind(SHARED_VALUE, SharedValue.adopt);
registerKind(SHARED_ARRAY, SharedArray.adopt);
registerKind(MEMORY, SharedMemory.adopt);
