// What the queues of both backends tell after the death of a process.
import { inQuotes, shownName } from "../util/shown-name.ts";
import { emit, note } from "./events.ts";

/** Items that a process had taken, and not marked as done, go to another one. */
export function tellRedelivered(count: number, name?: string): void {
  note("info", () => `redelivers ${items(count)} of ${queue(name)}, because the process that had taken them has died`);
}

/** Items were on their way to a process when it died. */
export function tellLostItems(count: number, name?: string): void {
  emit("lost", { what: "items", description: `${items(count)} of ${queue(name)}, which a process had taken when it died`, count });
}

function queue(name: string | undefined): string {
  return name === undefined || name === "" ? "a queue" : `the queue${inQuotes(shownName(name))}`;
}

function items(count: number): string {
  return count === 1 ? "1 item" : `${count} items`;
}
