import { describe, expect, it } from "vitest";
import type { QueuePort } from "../../../src/backend/contract/queue.ts";
import { type Entry, Kind } from "../../../src/pool/entries.ts";
import type { WorkerMark } from "../../../src/pool/marks.ts";
import type { Arrived, Inbox } from "../../../src/pool/worker/inbox.ts";
import { Outbox } from "../../../src/pool/worker/outbox.ts";
import { Runner } from "../../../src/pool/worker/runner.ts";

describe("the runner of a worker", () => {
  it("begins no task while the result of an earlier one has not left, also within one entry", async () => {
    const begun: number[] = [];
    const room = Promise.withResolvers<boolean>();
    // A queue whose lock is busy.
    const port: Partial<QueuePort> = { putNow: () => false, put: () => room.promise, sent: async () => void (await room.promise) };
    const entry: Partial<Entry> = { kind: Kind.map, seq: 1, count: 2, chunk: 1, target: 1, kwargs: 0, notices: 0 };
    const arrived: Partial<Arrived> = { entry: entry as Entry, open: () => [1, 2] };
    const entries = [arrived, undefined];
    const inbox = {
      targets: { get: () => (element: number) => begun.push(element) },
      take: () => entries.shift(),
      next: async () => undefined,
    };
    const mark: WorkerMark = { begin: () => true };
    const ended = new Runner(inbox as unknown as Inbox, new Outbox(port as QueuePort, 1), mark).run();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(begun).toEqual([1]);
    room.resolve(true);
    await ended;
    expect(begun).toEqual([1, 2]);
  });
});
