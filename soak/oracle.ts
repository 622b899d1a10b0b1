import type { QueueStats } from "../mod.ts";

export const ROLES = ["producer", "consumer", "holder", "setter", "waiter"] as const;
export type Role = (typeof ROLES)[number];

interface Put {
  readonly committed: Set<number>;
  readonly refused: Set<number>;
  /** How many puts ended without anybody knowing whether the item is in the queue. */
  readonly undecided: number;
  readonly last: number;
}

/** The statistics of a queue at the end. */
export interface Account extends QueueStats {
  /** How many items died with their consumers, according to the errors of `join`. */
  readonly unmarked: number;
}

/** Compares what the workers put and received, according to their logs, and collects what is wrong. */
export class Oracle {
  readonly killed: Record<Role, number> = { producer: 0, consumer: 0, holder: 0, setter: 0, waiter: 0 };
  readonly lines: Record<Role, number> = { producer: 0, consumer: 0, holder: 0, setter: 0, waiter: 0 };
  readonly wrong: string[] = [];
  /** How often a holder was told that its predecessor died. */
  abandoned = 0;
  readonly #puts = new Map<number, Put>();
  readonly #received = new Map<number, Map<number, number>>();
  readonly #redeliver: boolean;

  constructor(redeliver: boolean) {
    this.#redeliver = redeliver;
  }

  /** Adds the log of a worker that is dead. */
  addLog(role: Role, id: number, log: string): void {
    const lines = log.split("\n").slice(0, -1);
    this.killed[role]++;
    this.lines[role] += lines.length;
    for (const line of lines) if (line.startsWith("!")) this.wrong.push(`${role} ${id}: ${line.slice(1)}`);
    if (role === "producer") this.#addPuts(id, lines);
    if (role === "consumer") this.addGets(`consumer ${id}`, lines);
    this.abandoned += lines.filter((line) => line === "abandoned").length;
  }

  #addPuts(id: number, lines: readonly string[]): void {
    const numbers = (sign: string): number[] => lines.filter((line) => line.startsWith(sign)).map((line) => Number(line.slice(1)));
    const put = { committed: new Set(numbers("+")), refused: new Set(numbers("-")), undecided: numbers("?").length, last: lines.length };
    this.#puts.set(id, put);
  }

  /** Adds what one consumer received, in its order. */
  addGets(who: string, lines: readonly string[]): void {
    const last = new Map<number, number>();
    for (const line of lines) {
      if (line.startsWith("!")) continue;
      const [producer = 0, number = 0] = line.split(" ").map(Number);
      const before = last.get(producer) ?? 0;
      if (!this.#redeliver && number <= before) this.wrong.push(`${who}: item ${number} of producer ${producer} after item ${before}`);
      last.set(producer, number);
      const received = this.#received.get(producer) ?? new Map<number, number>();
      received.set(number, (received.get(number) ?? 0) + 1);
      this.#received.set(producer, received);
    }
  }

  /** Compares everything. Call it once the queue is drained and all workers are dead: a missing item was in a killed consumer then. */
  compare(account: Account): { received: number; inKilledConsumers: number } {
    let committed = 0;
    let undecided = 0;
    let missing = 0;
    let received = 0;
    let again = 0;
    for (const [producer, numbers] of this.#received) {
      const put = this.#puts.get(producer) ?? { committed: new Set(), refused: new Set(), undecided: 0, last: 0 };
      for (const [number, times] of numbers) {
        received++;
        again += times - 1;
        if (times > 1 && !this.#redeliver) this.#fail(`item ${number} of producer ${producer} came ${times} times`);
        if (put.refused.has(number)) this.#fail(`item ${number} of producer ${producer} came, although its put was refused with Full`);
        // The last item of a killed producer may be in the queue without a line in the log.
        else if (number > put.last + 1) this.#fail(`item ${number} of producer ${producer} came, although it was never put`);
      }
    }
    for (const [producer, put] of this.#puts) {
      committed += put.committed.size;
      undecided += put.undecided;
      const numbers = this.#received.get(producer);
      for (const number of put.committed) if (numbers?.has(number) !== true) missing++;
    }
    const { size, puts, lost, redelivered, participants, unmarked } = account;
    const inKilledConsumers = puts - received;
    this.#expect(size === 0, `${size} items are left in a drained queue`);
    this.#expect(participants === 1, `${participants - 1} dead processes still count as participants`);
    this.#expect(
      puts >= committed && puts <= committed + undecided + this.killed.producer,
      `the queue counted ${puts} puts, and ${committed} have settled`,
    );
    this.#expect(
      missing <= inKilledConsumers,
      `${missing} settled puts are missing, but only ${inKilledConsumers} items were in killed consumers`,
    );
    this.#expect(
      this.abandoned <= this.killed.holder,
      `the lock was abandoned ${this.abandoned} times, and ${this.killed.holder} holders were killed`,
    );
    if (this.#redeliver) {
      this.#expect(inKilledConsumers === 0, `${inKilledConsumers} items are missing from a queue that redelivers`);
      this.#expect(again <= redelivered, `${again} items came again, and ${redelivered} were redelivered`);
      this.#expect(lost === 0 && unmarked === 0, `${lost} items are lost and ${unmarked} are unmarked in a queue that redelivers`);
    } else {
      this.#expect(lost <= inKilledConsumers, `the queue counted ${lost} lost items, and ${inKilledConsumers} are missing`);
      this.#expect(inKilledConsumers <= unmarked, `${inKilledConsumers} items are missing, and join() reported ${unmarked}`);
      this.#expect(unmarked <= this.killed.consumer, `${unmarked} items were in ${this.killed.consumer} killed consumers`);
    }
    return { received, inKilledConsumers };
  }

  #expect(holds: boolean, otherwise: string): void {
    if (!holds) this.#fail(otherwise);
  }

  #fail(what: string): void {
    this.wrong.push(what);
  }
}
