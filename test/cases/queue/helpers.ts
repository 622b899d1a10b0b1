import { fromWire, registerClass, toWire } from "../../../mod.ts";

/** A number that arrives only if it is not negative. */
export interface Picky {
  readonly n: number;
}

class PickyNumber implements Picky {
  readonly n: number;
  constructor(n: number) {
    this.n = n;
  }
  static [toWire]({ n }: PickyNumber): number {
    return n;
  }
  static [fromWire](n: number): PickyNumber {
    if (n < 0) throw new Error("it is negative");
    return new PickyNumber(n);
  }
}
registerClass(PickyNumber);

export function picky(n: number): Picky {
  return new PickyNumber(n);
}
