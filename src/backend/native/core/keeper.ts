import { OwnerDiedError, UnsupportedError } from "../../../errors/errors.ts";
import type { Tree } from "../../../tree/tree.ts";
import { randomName } from "../../../util/random.ts";
import { ECONNREFUSED, ENOENT } from "../library/errno.ts";
import type { Shim } from "../library/functions.ts";
import { check, text } from "../library/result.ts";
import type { Inbox } from "./inbox.ts";
import type { Location, LocationFields } from "./location.ts";

const TOKEN = /^[0-9a-f]{32}$/;

/** An object that is about to be sent: its descriptor, and the other data that its receiver needs. */
export interface Travelling {
  readonly fd: number;
  /** The address of its maker's keeper; `undefined` if this process made it. */
  readonly maker: string | undefined;
  readonly fields: LocationFields;
  /** Called once the object is on its way. */
  left?(): void;
}

/**
 * Hands descriptors over between processes. Each process has a keeper, a thread of the native library. It keeps a copy of each descriptor
 * that was sent until the receiver fetches it.
 */
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

  /** Leaves a copy of the descriptor for the process that gets the location. */
  keep({ fd, maker, fields }: Travelling): Location {
    const token = randomName(16);
    const status = maker === undefined ? ECONNREFUSED : this.#shim.pp_keep(text(maker), bytesOf(token), fd);
    const isWithMaker = maker !== undefined && status >= 0;
    // The process that made the object may have ended. Then the descriptor is left with this process's own keeper.
    if (!isWithMaker) check(this.#shim.pp_keep(text(""), bytesOf(token), fd), "The object can't be sent");
    return { ...fields, keeper: isWithMaker ? maker : this.#listen(), token };
  }

  /** Takes the descriptor that a location stands for. */
  claim({ keeper, token }: Location): number {
    // The location's token does not have the form of a token.
    if (!TOKEN.test(token)) throw new UnsupportedError("A reference to a native object is malformed: it comes from no polyproc process.");
    const fd = this.#shim.pp_claim(text(keeper === this.#address ? "" : keeper), bytesOf(token));
    if (fd === ECONNREFUSED)
      // The process whose keeper had the descriptor has ended.
      throw new OwnerDiedError("The process that kept this object for its receiver is gone, and the object with it.");
    if (fd === ENOENT)
      // The keeper no longer has the descriptor.
      throw new OwnerDiedError("This object was received already, or its sender took it back: send it once for each receiver.");
    return check(fd, "An object that was sent can't be received");
  }

  /** Takes back a descriptor that no process will fetch. */
  revoke({ keeper, token }: Location): void {
    const fd = this.#shim.pp_claim(text(keeper === this.#address ? "" : keeper), bytesOf(token));
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

function bytesOf(token: string): Uint8Array {
  return Uint8Array.from(token.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
}
