import { objectGone } from "../errors.ts";
import type { Fields, Records } from "./records.ts";

/** A record that exists as long as its object: from the first process that makes the object on. */
export class Made {
  readonly #records: Records;
  readonly #key: string;
  readonly #label: string;
  readonly #first: Fields | undefined;
  readonly #check: (fields: Fields) => void;
  #ready: Promise<void> | undefined;

  /**
   * @param first what the record holds at first; `undefined` if another process has made it
   * @param check throws if a record that exists is not the one that this process wants
   */
  constructor(records: Records, key: string, label: string, first: Fields | undefined, check: (fields: Fields) => void = () => {}) {
    this.#records = records;
    this.#key = key;
    this.#label = label;
    this.#first = first;
    this.#check = check;
  }

  /** Makes the record, unless it exists. */
  ready(): Promise<void> {
    if (this.#ready === undefined) {
      const ready = this.#make();
      ready.catch(() => {
        this.#ready = undefined;
      });
      this.#ready = ready;
    }
    return this.#ready;
  }

  /** Throws if the record is gone. */
  present(fields: Fields | undefined): Fields {
    if (fields === undefined) throw objectGone(this.#label);
    return fields;
  }

  async #make(): Promise<void> {
    for (;;) {
      const { fields, revision } = await this.#records.read(this.#key);
      if (fields !== undefined || this.#first === undefined) return this.#check(this.present(fields));
      if (typeof (await this.#records.write(this.#key, this.#first, revision)) === "number") return;
    }
  }
}
