import type { QueueStats } from "../mod.ts";

export const ROLES = ["producer", "consumer", "holder", "setter", "waiter"] as const;
export type Role = (typeof ROLES)[number];

interface Put {
  readonly committed: Set<number>;
  readonly refused: Set<number>;
  last: number;
}

/** What a queue says of itself in the end. */
export interface Account extends QueueStats {
  /** How many items `join` said had died with their consumers. */
  readonly unmarked: number;
}

/** What was put and what came, from the files of those who did it; says what must not be. */
export class Oracle {
  readonly killed: Record<Role, number> = { producer: 0, consumer: 0, holder: 0, setter: 0, waiter: 0 };
  readonly lines: Record<Role, number> = { producer: 0, consumer: 0, holder: 0, setter: 0, waiter: 0 };
  readonly wrong: string[] = [];
  told = 0;
  readonly #puts = new Map<number, Put>();
  readonly #received = new Map<number, Map<number, number>>();
  readonly #redeliver: boolean;

  constructor(redeliver: boolean) {
    this.#redeliver = redeliver;
  }

  /** The log of a worker that is dead. */
  take(role: Role, id: number, log: string): void {
    const lines = log.split("\n").slice(0, -1);
    this.killed[role]++;
    this.lines[role] += lines.length;
    for (const line of lines) if (line.startsWith("!")) this.wrong.push(`${role} ${id}: ${line.slice(1)}`);
    if (role === "producer") this.#takePuts(id, lines);
    if (role === "consumer") this.takeGets(`consumer ${id}`, lines);
    this.told += lines.filter((line) => line === "told").length;
  }

  #takePuts(id: number, lines: readonly string[]): void {
    const put: Put = { committed: new Set(), refused: new Set(), last: lines.length };
    for (const line of lines) (line.startsWith("+") ? put.committed : put.refused).add(Number(line.slice(1)));
    this.#puts.set(id, put);
  }

  /** What one consumer received, in its order. */
  takeGets(who: string, lines: readonly string[]): void {
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

  /** Compares everything, once the queue is drained and all are dead. What is missing was in the hands of killed consumers. */
  compare(account: Account): { committed: number; received: number; missing: number; inHands: number } {
    let committed = 0;
    let missing = 0;
    let received = 0;
    let again = 0;
    for (const [producer, numbers] of this.#received) {
      const put = this.#puts.get(producer) ?? { committed: new Set(), refused: new Set(), last: 0 };
      for (const [number, times] of numbers) {
        received++;
        again += times - 1;
        if (times > 1 && !this.#redeliver) this.#fail(`item ${number} of producer ${producer} came ${times} times`);
        if (put.refused.has(number)) this.#fail(`item ${number} of producer ${producer} came, and its put had said Full`);
        // One may be in without its producer having lived to write that down.
        else if (number > put.last + 1) this.#fail(`item ${number} of producer ${producer} came, and was never put`);
      }
    }
    for (const [producer, put] of this.#puts) {
      committed += put.committed.size;
      const numbers = this.#received.get(producer);
      for (const number of put.committed) if (numbers?.has(number) !== true) missing++;
    }
    const { size, puts, lost, redelivered, participants, unmarked } = account;
    const inHands = puts - received;
    this.#expect(size === 0, `${size} items are left in a drained queue`);
    this.#expect(participants === 1, `${participants - 1} dead processes count as participants`);
    this.#expect(puts >= committed && puts <= committed + this.killed.producer, `${puts} puts counted, ${committed} settled`);
    this.#expect(missing <= inHands, `${missing} settled puts are missing, ${inHands} items left the queue for nobody`);
    this.#expect(this.told <= this.killed.holder, `${this.told} times told that a holder died, ${this.killed.holder} were killed`);
    if (this.#redeliver) {
      this.#expect(inHands === 0, `${inHands} items are missing from a queue that redelivers`);
      this.#expect(again <= redelivered, `${again} items came again, ${redelivered} were redelivered`);
      this.#expect(lost === 0 && unmarked === 0, `${lost} lost and ${unmarked} unmarked in a queue that redelivers`);
    } else {
      this.#expect(lost <= inHands, `${lost} counted as lost, ${inHands} are missing`);
      this.#expect(inHands <= unmarked, `${inHands} are missing, join() told of ${unmarked}`);
      this.#expect(unmarked <= this.killed.consumer, `${unmarked} items in the hands of ${this.killed.consumer} consumers`);
    }
    return { committed, received, missing, inHands };
  }

  #expect(holds: boolean, otherwise: string): void {
    if (!holds) this.#fail(otherwise);
  }

  #fail(what: string): void {
    this.wrong.push(what);
  }
}
