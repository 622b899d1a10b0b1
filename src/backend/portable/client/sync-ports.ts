import { barrierTimedOut } from "../../../errors/messages.ts";
import { bytesPerCell, copyCells, makeCells } from "../../../util/number-types.ts";
import { FOREVER, orLate, type Wait } from "../../../util/timing.ts";
import type {
  Arrival,
  BarrierEnd,
  BarrierPort,
  Cell,
  CellArray,
  CellsPort,
  CellType,
  ConditionPort,
  EventPort,
  Grant,
  LockPort,
  Operation,
  Ref,
  SemaphorePort,
} from "../../contract/backend.ts";
import { PortablePort, type PortPlace } from "./ports.ts";

export class PortableLock extends PortablePort implements LockPort {
  acquire(wait: Wait, depth = 1): Promise<Grant> {
    return orLate("refused", async (tooLate) => (await this.call("acquire", depth, wait, tooLate, ["release", "unused"])) as Grant);
  }

  async unlock(all = false): Promise<number> {
    return (await this.call("release", all)) as number;
  }

  async held(): Promise<number> {
    return (await this.call("held")) as number;
  }
}

export class PortableSemaphore extends PortablePort implements SemaphorePort {
  acquire(wait: Wait): Promise<Grant> {
    return orLate("refused", async (tooLate) => (await this.call("acquire", undefined, wait, tooLate, ["release"])) as Grant);
  }

  async post(): Promise<void> {
    await this.call("release");
  }

  async value(): Promise<number> {
    return (await this.call("value")) as number;
  }
}

export class PortableEvent extends PortablePort implements EventPort {
  async set(): Promise<void> {
    await this.call("set");
  }

  async clear(): Promise<void> {
    await this.call("clear");
  }

  async isSet(): Promise<boolean> {
    return (await this.call("isSet")) === true;
  }

  wait(wait: Wait): Promise<boolean> {
    return orLate(false, async (tooLate) => (await this.call("wait", undefined, wait, tooLate)) === true);
  }
}

export class PortableCondition extends PortablePort implements ConditionPort {
  async enter(): Promise<number> {
    return (await this.call("enter")) as number;
  }

  async notified(place: number, wait: Wait): Promise<boolean> {
    try {
      await orLate(false, (tooLate) => this.call("notified", place, wait, tooLate));
    } catch (error) {
      // It is of no use here: somebody else may need it. Where this can't be said, the hub knows that this process let go.
      const notified = await this.call("leave", place).catch(() => false);
      if (notified === true) await this.notify(1);
      throw error;
    }
    return (await this.call("leave", place)) === true;
  }

  async notify(count: number): Promise<void> {
    await this.call("notify", count);
  }
}

export class PortableBarrier extends PortablePort implements BarrierPort {
  async arrive(wait: Wait): Promise<Arrival> {
    return (await this.call("arrive", undefined, wait, barrierTimedOut, ["end", "break"])) as Arrival;
  }

  passed(phase: number, wait: Wait): Promise<boolean> {
    return orLate(false, async (tooLate) => (await this.call("passed", phase, wait, tooLate)) === true);
  }

  async end(how: BarrierEnd, phase?: number): Promise<boolean> {
    return (await this.call("end", [how, phase], FOREVER)) === true;
  }

  async state(): Promise<{ readonly parties: number; readonly waiting: number; readonly broken: boolean }> {
    return (await this.call("state")) as Awaited<ReturnType<BarrierPort["state"]>>;
  }
}

/** What one request reads or writes at most: bytes. */
const PART = 1 << 19;

export class PortableCells extends PortablePort implements CellsPort {
  readonly type: CellType;
  readonly length: number;

  constructor(place: PortPlace, { type = "u8", length = 0 }: Pick<Ref, "type" | "length">) {
    super(place);
    this.type = type;
    this.length = length;
  }

  override again(): PortableCells {
    return new PortableCells(this.place, this);
  }

  async read(start: number, end: number): Promise<CellArray> {
    const cells = makeCells(this.type, end - start);
    const step = PART / bytesPerCell(this.type);
    for (let at = start; at < end; at += step)
      copyCells((await this.call("read", [at, Math.min(end, at + step)])) as CellArray, cells, at - start);
    return cells;
  }

  async write(start: number, values: CellArray): Promise<void> {
    const step = PART / bytesPerCell(this.type);
    for (let at = 0; at < values.length; at += step) await this.call("write", [start + at, values.slice(at, at + step)]);
  }

  async operate(operation: Operation, operand: Cell, expected: Cell): Promise<Cell> {
    return (await this.call("operate", [operation, operand, expected])) as Cell;
  }
}
