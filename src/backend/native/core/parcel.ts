import type { Port } from "../../contract/port.ts";
import type { Ref } from "../../contract/ref.ts";
import type { Keeper, Travelling } from "./keeper.ts";
import { type Location, NATIVE } from "./location.ts";

/** A port to an object that is about to be sent: it leaves the object's descriptors with the keeper. */
export class Parcel implements Port {
  readonly attached: Promise<void> = Promise.resolve();
  readonly #keeper: Keeper;
  readonly #kind: string;
  readonly #content: () => Travelling;
  #location: Location | undefined;
  #travelling: Travelling | undefined;

  constructor(keeper: Keeper, kind: string, content: () => Travelling) {
    this.#keeper = keeper;
    this.#kind = kind;
    this.#content = content;
  }

  share(): Ref {
    if (this.#travelling === undefined) {
      this.#travelling = this.#content();
      this.#location = this.#keeper.keep(this.#travelling);
    }
    return { kind: this.#kind, backend: NATIVE, location: this.#location };
  }

  // Once the keeper has the descriptors, another parcel gets copies of those: the object itself may be closed since.
  again(): Port {
    const [travelling, location] = [this.#travelling, this.#location];
    if (travelling === undefined || location === undefined) return new Parcel(this.#keeper, this.#kind, this.#content);
    return new Parcel(this.#keeper, this.#kind, () => this.#keeper.copy(location, travelling.fields));
  }

  release(sent?: boolean): void {
    const [travelling, location] = [this.#travelling, this.#location];
    this.#location = undefined;
    this.#travelling = undefined;
    if (location === undefined) return;
    if (sent === false) this.#keeper.revoke(location);
    else {
      // A queue has said already where the message is. Then this changes nothing.
      this.#keeper.sent([location]);
      travelling?.left?.();
    }
  }
}
