import type { Incoming } from "../backend/contract/message.ts";
import { decode } from "../codec/decode.ts";
import { hasRefs, unseal } from "../codec/envelope.ts";
import { UnsupportedError } from "../errors/errors.ts";
import { DIRECTORY, frameOf, partsOfFrame } from "../manager/foreign.ts";
import { detailsOf, ManagedObject } from "../manager/managed-object.ts";
import { openReply, packError, packResult, Special, Status } from "../manager/outcome.ts";
import type { Door } from "../manager/server/door.ts";
import { openPort } from "../objects/shared-object.ts";
import type { Address } from "../remote/address.ts";
import { copyOf } from "../util/bytes.ts";
import { describe } from "../util/describe.ts";
import { FOREVER } from "../util/wait-options.ts";
import type { Connection } from "./connection.ts";
import { Listener } from "./listener.ts";

/** Serves the exposed objects of a manager to programs outside of its process tree. */
export class ManagerDoor implements Door {
  readonly #listener: Listener;
  readonly #exposed = new Map<string, ManagedObject>();

  private constructor(listener: Listener) {
    this.#listener = listener;
  }

  /** Throws `StateError` if this process can't listen at the address. */
  static async open(address: Address, authKey: Uint8Array): Promise<ManagerDoor> {
    const listener = new Listener({ address, authKey });
    await listener.ready;
    const door = new ManagerDoor(listener);
    void door.#serve();
    return door;
  }

  get address(): Address {
    return this.#listener.address;
  }

  expose(name: string, object: ManagedObject): void {
    this.#exposed.set(name, object);
  }

  async #serve(): Promise<void> {
    for await (const conn of this.#listener) void new Session(conn, this.#exposed).run();
  }
}

/** One program that has connected. */
class Session {
  readonly #conn: Connection;
  readonly #exposed: ReadonlyMap<string, ManagedObject>;
  readonly #objects = new Map<number, ManagedObject>();
  // The iterators that this program alone has.
  readonly #own = new Set<ManagedObject>();
  #last = DIRECTORY;
  #isOver = false;

  constructor(conn: Connection, exposed: ReadonlyMap<string, ManagedObject>) {
    this.#conn = conn;
    this.#exposed = exposed;
  }

  /** Serves until the program hangs up, or breaks the protocol. */
  async run(): Promise<void> {
    try {
      for (;;) this.#handle(await this.#conn.recvBytes());
    } catch {
      // The peer is gone, or is no program of this library. Either way nobody is there who could be told.
    } finally {
      this.#isOver = true;
      for (const object of this.#own) object.close();
      this.#conn.close();
    }
  }

  #handle(frame: Uint8Array): void {
    const { numbers, bytes } = partsOfFrame(frame, 2);
    const [id = 0, object = 0] = numbers;
    // A reference could name any object of this process tree.
    if (hasRefs(bytes)) throw new Error("references from outside are not followed");
    if (object === DIRECTORY) this.#reply(id, this.#lookUp(bytes));
    else void this.#forward(id, object, bytes);
  }

  #lookUp(bytes: Uint8Array): Uint8Array {
    try {
      const [what, method] = decode(bytes) as [unknown, string];
      if (method === "drop") return this.#drop(what as number);
      const found = this.#exposed.get(what as string);
      if (found === undefined) throw this.#notExposed(what);
      return packResult(this.#add(found)).bytes;
    } catch (error) {
      return packError(error).bytes;
    }
  }

  #drop(number: number): Uint8Array {
    const object = this.#objects.get(number);
    this.#objects.delete(number);
    if (object !== undefined && this.#own.delete(object)) object.close();
    return packResult(undefined).bytes;
  }

  #notExposed(name: unknown): RangeError {
    const names = [...this.#exposed.keys()].map((each) => describe(each));
    return new RangeError(
      `The manager exposes no object ${describe(name)}: it has ${names.length === 0 ? "none" : names.slice(0, 20).join(", ")}.`,
    );
  }

  #add(object: ManagedObject): { readonly object: number; readonly details: unknown } {
    const number = ++this.#last;
    this.#objects.set(number, object);
    return { object: number, details: detailsOf(object) };
  }

  async #forward(id: number, number: number, bytes: Uint8Array): Promise<void> {
    try {
      const object = this.#objects.get(number);
      if (object === undefined) throw new RangeError("This object was dropped by the program that calls it.");
      const reply = await openPort(object, "").call({ bytes, refs: [] }, FOREVER, (incoming) => this.#outcome(incoming));
      if (reply !== undefined) this.#reply(id, await reply);
    } catch (error) {
      this.#reply(id, packError(error).bytes);
    }
  }

  // A reply without objects is passed on as it is. An iterator stays here, and gets a number.
  #outcome(incoming: Incoming): Uint8Array | Promise<Uint8Array> {
    const { bytes, refs } = incoming.message.refs.length > 0 ? incoming.message : unseal(incoming.message.bytes);
    if (refs.length === 0) {
      const kept = copyOf(bytes);
      incoming.settle();
      return kept;
    }
    if (bytes.at(-1) === Status.iterator) return this.#keepIterator(incoming);
    incoming.settle();
    return packError(
      new UnsupportedError("The result has a shared object inside, which can't leave its process tree: expose it by a name of its own."),
    ).bytes;
  }

  async #keepIterator(incoming: Incoming): Promise<Uint8Array> {
    const iterator = await openReply(incoming).value;
    if (!(iterator instanceof ManagedObject)) throw new TypeError("The result is no iterator.");
    // The program may have hung up meanwhile. Then nobody will take from it.
    if (this.#isOver) iterator.close();
    this.#own.add(iterator);
    return copyOf(packResult(new Special(Status.iterator, this.#add(iterator))).bytes);
  }

  #reply(id: number, outcome: Uint8Array): void {
    // If the peer is gone, the loop ends.
    this.#conn.sendBytes(frameOf([id], outcome)).catch(() => {});
  }
}
