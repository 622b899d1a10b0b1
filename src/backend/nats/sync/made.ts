import { Lazy } from "../../../util/lazy.ts";
import { objectGone } from "../errors.ts";
import type { Fields } from "./records.ts";
import type { Sync } from "./sync.ts";

/** A record that exists as long as its object: from the first process that makes the object on. */
export class Made {
  readonly #sync: Sync;
  readonly #key: string;
  readonly #label: string;
  readonly #first: Fields | undefined;
  readonly #check: (fields: Fields) => void;
  readonly #making = new Lazy(() => this.#make());

  /**
   * @param first what the record holds at first; `undefined` if another process has made it
   * @param check throws if a record that exists is not the one that this process wants
   */
  constructor(sync: Sync, key: string, label: string, first: Fields | undefined, check: (fields: Fields) => void = () => {}) {
    this.#sync = sync;
    this.#key = key;
    this.#label = label;
    this.#first = first;
    this.#check = check;
  }

  /** Makes the record, unless it exists. */
  ready(): Promise<void> {
    return this.#making.get();
  }

  /** Throws if the record is gone. */
  present(fields: Fields | undefined): Fields {
    if (fields === undefined) throw objectGone(this.#label);
    return fields;
  }

  async #make(): Promise<void> {
    const { records } = this.#sync;
    if (this.#first !== undefined) await this.#sync.own(this.#key);
    for (;;) {
      const { fields, revision } = await records.read(this.#key);
      if (fields !== undefined || this.#first === undefined) return this.#check(this.present(fields));
      if (typeof (await records.write(this.#key, this.#first, revision)) === "number") return;
    }
  }
}
