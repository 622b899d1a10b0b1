// What the queues of both backends tell after the death of a process.
import { emit, note } from "./events.ts";

/** Items that a process had taken, and not marked as done, go to another one. */
export function tellRedelivered(count: number): void {
  note("info", () => `redelivers ${items(count)} of a queue, because the process that had taken them has died`);
}

/** Items were on their way to a process when it died. */
export function tellLostItems(count: number): void {
  emit("lost", { what: "items", description: `${items(count)} of a queue, which a process had taken when it died`, count });
}

function items(count: number): string {
  return count === 1 ? "1 item" : `${count} items`;
}
