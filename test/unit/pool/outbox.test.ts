import { describe, expect, it } from "vitest";
import type { QueuePort } from "../../../src/backend/contract/queue.ts";
import { Kind } from "../../../src/pool/entries.ts";
import { Outbox } from "../../../src/pool/worker/outbox.ts";

describe("the outbox of a worker", () => {
  it("is late as long as an entry waits that should have left at once, and tells when it has left", async () => {
    let isBusy = false;
    const { promise: room, resolve: makeRoom } = Promise.withResolvers<boolean>();
    const port: Partial<QueuePort> = {
      putNow: () => !isBusy,
      put: () => room,
      sent: async () => void (await room),
    };
    const outbox = new Outbox(port as QueuePort, 1);
    outbox.add("a result", "", { kind: Kind.results, seq: 1, count: 1 });
    expect(outbox.isLate).toBe(false);
    isBusy = true;
    outbox.add("a result", "", { kind: Kind.results, seq: 2, count: 1 });
    expect(outbox.isLate).toBe(true);
    const sent = outbox.sent();
    makeRoom(true);
    await sent;
    await room;
    expect(outbox.isLate).toBe(false);
  });
  it("is never late where no entry can leave at once", () => {
    const port: Partial<QueuePort> = { put: () => new Promise(() => {}), sent: () => new Promise(() => {}) };
    const outbox = new Outbox(port as QueuePort, 1);
    outbox.add("a result", "", { kind: Kind.results, seq: 1, count: 1 });
    outbox.flush();
    expect(outbox.isFull).toBe(true);
    expect(outbox.isLate).toBe(false);
  });
});
