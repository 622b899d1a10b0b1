import { OwnerDiedError, UnsupportedError } from "../../../errors/errors.ts";
import type { Tree } from "../../../tree/tree.ts";
import { randomName } from "../../../util/random.ts";
import type { Port, PortKind, Ref } from "../../contract/backend.ts";
import { check, type Shim, text } from "../library/shim.ts";
import type { Inbox } from "./inbox.ts";

const TOKEN = /^[0-9a-f]{32}$/;
const ECONNREFUSED = -111;
const ENOENT = -2;

/** A descriptor that can travel. */
export interface Travelling {
  readonly kind: PortKind;
  readonly fd: number;
  /** Where the process that made the object keeps descriptors; undefined if that is this one. */
  readonly home: string | undefined;
  readonly fields: Partial<Ref>;
  /** Called once it is on its way. */
  left?(): void;
}

/** This process's part in handing descriptors over: its own keeper, and what it leaves with the others'. */
export class Keeper {
  readonly #shim: Shim;
  readonly #inbox: number;
  readonly #tree: Tree;
  #address: string | undefined;

  constructor({ shim, id }: Inbox, tree: Tree) {
    this.#tree = tree;
    this.#shim = shim;
    this.#inbox = id;
  }

  /** Leaves a copy of the descriptor for whoever gets the reference. */
  keep({ kind, fd, home, fields }: Travelling): Ref {
    const id = randomName(16);
    const left = home === undefined ? ECONNREFUSED : this.#shim.pp_keep(text(home), bytesOf(id), fd);
    // The object lives on without its maker: then this process is its home.
    if (left < 0) check(this.#shim.pp_keep(text(""), bytesOf(id), fd), "The object can't be sent");
    return { ...fields, kind, native: true, hub: left < 0 || home === undefined ? this.#listen() : home, id };
  }

  /** Takes what a reference stands for: its descriptor. */
  claim({ hub, id }: Ref): number {
    if (!TOKEN.test(id)) throw new UnsupportedError("A reference to a native object is malformed: it comes from no polyproc process.");
    const fd = this.#shim.pp_claim(text(hub === this.#address ? "" : hub), bytesOf(id));
    if (fd === ECONNREFUSED)
      throw new OwnerDiedError("The process that kept this object for its receiver is gone, and the object with it.");
    if (fd === ENOENT)
      throw new OwnerDiedError("This object was received already, or its sender took it back: send it once for each receiver.");
    return check(fd, "An object that was sent can't be received");
  }

  /** Forgets what nobody will ask for. */
  revoke({ hub, id }: Ref): void {
    const fd = this.#shim.pp_claim(text(hub === this.#address ? "" : hub), bytesOf(id));
    if (fd >= 0) this.#shim.pp_close(fd);
  }

  #listen(): string {
    if (this.#address === undefined) {
      const address = this.#tree.addressOf("keeper");
      check(this.#shim.pp_keeper_listen(this.#inbox, text(address)), "This process can't hand objects over");
      this.#address = address;
    }
    return this.#address;
  }
}

function bytesOf(id: string): Uint8Array {
  return Uint8Array.from(id.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
}

/** A hold on an object that is about to be sent. */
export class Parcel implements Port {
  readonly attached: Promise<void> = Promise.resolve();
  readonly #keeper: Keeper;
  readonly #content: () => Travelling;
  #ref: Ref | undefined;
  #travelling: Travelling | undefined;

  constructor(keeper: Keeper, content: () => Travelling) {
    this.#keeper = keeper;
    this.#content = content;
  }

  share(): Ref {
    this.#travelling ??= this.#content();
    this.#ref ??= this.#keeper.keep(this.#travelling);
    return this.#ref;
  }

  again(): Port {
    return new Parcel(this.#keeper, this.#content);
  }

  release(sent?: boolean): void {
    if (sent !== false) this.#travelling?.left?.();
    else if (this.#ref !== undefined) this.#keeper.revoke(this.#ref);
    this.#ref = undefined;
    this.#travelling = undefined;
  }
}
