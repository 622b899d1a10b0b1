import { describe, expect, it } from "vitest";
import type { QueuePort } from "../../../src/backend/contract/queue.ts";
import { Inbox } from "../../../src/pool/worker/inbox.ts";

describe("the inbox of a worker", () => {
  it("passes the error on when its queue fails, and asks the queue no more", async () => {
    let calls = 0;
    const get = async (): Promise<never> => {
      calls++;
      throw new Error("the host of the queue is gone");
    };
    const inbox = new Inbox({ get } as Partial<QueuePort> as QueuePort);
    await expect(inbox.next()).rejects.toThrow("the host of the queue is gone");
    await expect(inbox.next()).rejects.toThrow("the host of the queue is gone");
    expect(calls).toBe(1);
  });
});
