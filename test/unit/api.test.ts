import { expect, it } from "vitest";
import * as polyproc from "../../mod.ts";

it("the module exports these names", () => {
  expect(Object.keys(polyproc).sort()).toEqual([
    "AuthenticationError",
    "Barrier",
    "BoundedSemaphore",
    "BrokenBarrierError",
    "BrokenPipeError",
    "BrokenPoolError",
    "BufferTooShort",
    "Client",
    "ClosedError",
    "Cluster",
    "ClusterQueue",
    "ClusterTask",
    "Condition",
    "Connection",
    "Context",
    "CorruptedError",
    "EOFError",
    "Empty",
    "Event",
    "Full",
    "Held",
    "HeldSync",
    "JoinableQueue",
    "Listener",
    "Lock",
    "Manager",
    "ManagerConnection",
    "MessageTooLongError",
    "Namespace",
    "OwnerDiedError",
    "ParentProcess",
    "Pipe",
    "Pool",
    "Process",
    "ProcessDiedError",
    "ProcessError",
    "Queue",
    "RLock",
    "RemoteError",
    "Semaphore",
    "Sentinel",
    "SerializationError",
    "SharedArray",
    "SharedDict",
    "SharedList",
    "SharedMemory",
    "SharedSet",
    "SharedValue",
    "ShutDown",
    "SimpleQueue",
    "StateError",
    "TimeoutError",
    "UnsupportedError",
    "WorkerDiedError",
    "activeChildren",
    "capabilities",
    "connectCluster",
    "cpuCount",
    "currentProcess",
    "currentTask",
    "freezeSupport",
    "fromWire",
    "getAllStartMethods",
    "getContext",
    "getLogger",
    "getStartMethod",
    "isMain",
    "logToStderr",
    "parentProcess",
    "registerClass",
    "registerTarget",
    "setExecutable",
    "setForkserverPreload",
    "setStartMethod",
    "setTreeLimits",
    "toWire",
    "wait",
    "waitSync",
  ]);
});

it("every error has its own code and name, and is a ProcessError", () => {
  const errors = Object.values(polyproc).filter(
    (value): value is typeof polyproc.ProcessError => typeof value === "function" && value.prototype instanceof polyproc.ProcessError,
  );
  expect(errors.length).toBeGreaterThan(18);
  expect(new Set(errors.map((Class) => Class.code)).size).toBe(errors.length);
  for (const Class of errors) {
    const error = new Class("message");
    expect(error.code).toMatch(/^ERR_POLYPROC_[A-Z_]+$/);
    expect(error.name).toBe(Class.name);
  }
});
