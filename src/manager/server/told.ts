import { page } from "../../tree/page.ts";

const counts = { objects: 0, calls: 0 };

/** Tells `polyproc ps` that this process is the server of a manager. */
export function tellOfServer(): void {
  page.tell("manager", () => counts);
  page.changed();
}

/** Notes that objects were made, or, with a negative number, freed. */
export function noteObjects(count: number): void {
  counts.objects += count;
  page.changed();
}

/** Notes a call of an object. */
export function noteCall(): void {
  counts.calls++;
  page.changed();
}
