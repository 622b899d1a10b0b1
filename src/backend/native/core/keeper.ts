import { OwnerDiedError, ProcessError, UnsupportedError } from "../../../errors/errors.ts";
import { removedSocket } from "../../../tree/bound.ts";
import { isGone } from "../../../tree/folder.ts";
import type { Tree } from "../../../tree/tree.ts";
import { randomName } from "../../../util/random.ts";
import type { Ref } from "../../contract/ref.ts";
import { ECONNREFUSED, ECONNRESET, ENOENT, EPERM } from "../library/errno.ts";
import type { Shim } from "../library/functions.ts";
import { check, text } from "../library/result.ts";
import type { Inbox } from "./inbox.ts";
import { type Home, type Location, type LocationFields, locationsOf } from "./location.ts";

const TOKEN = /^[0-9a-f]{32}$/;

/** Stands in a location in place of a keeper's address: the descriptor comes with the message itself. */
const WITH_MESSAGE = "";

/** An object that is about to be sent: its descriptors, and the other data that its receiver needs. */
export interface Travelling {
  readonly fd: number;
  /** Further descriptors that belong to it. */
  readonly more?: readonly number[];
  readonly fields: LocationFields;
  /** Called once the keeper has copies of the descriptors. */
  kept?(): void;
  /** Called once the object is on its way. */
  left?(): void;
}

/**
 * Keeps descriptors for other processes. Each process has a keeper, a thread of the native library. A descriptor in an item of a queue is
 * kept for as long as the item exists, wherever else for as long as nobody has claimed it. A message on a pipe carries its descriptors
 * itself.
 */
export class Keeper {
  readonly #shim: Shim;
  readonly #inbox: number;
  readonly #tree: Tree;
  #address: string | undefined;
  // Descriptors, by token, that were fetched and that no object has taken over yet. A negative number is the error of fetching it.
  readonly #fetched = new Map<string, number>();

  constructor({ shim, id }: Inbox, tree: Tree) {
    this.#tree = tree;
    this.#shim = shim;
    this.#inbox = id;
  }

  /** Keeps copies of the descriptors for the process that gets the location. */
  keep({ fd, more = [], fields, kept }: Travelling): Location {
    const keeper = this.#listen();
    const tokens: string[] = [];
    try {
      for (const each of [fd, ...more]) tokens.push(this.#keepOne(each));
    } catch (error) {
      for (const token of tokens) this.#shim.pp_revoke(bytesOf(token));
      throw error;
    } finally {
      kept?.();
    }
    const [token = "", ...others] = tokens;
    return { ...fields, keeper, token, ...(others.length > 0 && { more: others }) };
  }

  /** Returns copies of the descriptors that this process keeps for a message that was not sent. */
  copy(location: Location, fields: LocationFields): Travelling {
    const fds: number[] = [];
    const kept = (): void => {
      for (const fd of fds) this.#shim.pp_close(fd);
    };
    try {
      for (const token of tokensOf(location)) fds.push(check(this.#shim.pp_claim(bytesOf(token)), "The object can't be sent"));
    } catch (error) {
      kept();
      throw error;
    }
    const [fd = -1, ...more] = fds;
    return { fd, more, fields, kept };
  }

  /** Lends the descriptor of an open object to others under a new token, until `revokeLent`. */
  lend(fd: number): string {
    const token = randomName(16);
    check(this.#shim.pp_lend(this.#inbox, bytesOf(token), fd), "The object can't be sent");
    return token;
  }

  /** Returns the address at which this process lends the descriptor with this token. */
  homeOf(token: string): Home {
    return { keeper: this.#listen(), token };
  }

  /** Must be called before the descriptor is closed. */
  revokeLent(token: string): void {
    this.#shim.pp_revoke(bytesOf(token));
  }

  /** Says that a message is on its way: in a queue of this process, as the item that was put last, or elsewhere. */
  sent(locations: readonly Location[], queue = -1): void {
    for (const token of this.#keptTokens(locations)) this.#shim.pp_keep_sent(bytesOf(token), queue);
  }

  /** Ends the keeping of descriptors that no process will claim. */
  revoke(location: Location): void {
    for (const token of this.#keptTokens([location])) this.#shim.pp_revoke(bytesOf(token));
  }

  /**
   * Takes copies of the descriptors that this process keeps for a message, so that the message carries them itself. Returns them with the
   * message's references as they are then. The caller closes the descriptors.
   */
  enclose(refs: readonly Ref[]): { readonly refs: readonly Ref[]; readonly fds: Int32Array } {
    const fds: number[] = [];
    const enclosed = refs.map((ref) => {
      const [location] = locationsOf([ref]);
      if (location === undefined || location.keeper !== this.#address) return ref;
      for (const token of tokensOf(location)) fds.push(check(this.#shim.pp_claim(bytesOf(token)), "The object can't be sent"));
      return { ...ref, location: { ...location, keeper: WITH_MESSAGE } };
    });
    return { refs: enclosed, fds: Int32Array.from(fds) };
  }

  /** Takes over the descriptors that came with a message. Each reference says whether its descriptors are among them. */
  disclose(refs: readonly Ref[], fds: readonly number[]): void {
    const left = [...fds];
    try {
      for (const location of locationsOf(refs))
        if (location.keeper === WITH_MESSAGE) for (const token of tokensOf(location)) this.putAside(token, left.shift() ?? ENOENT);
    } finally {
      // Also if a reference is malformed.
      for (const fd of left) this.#shim.pp_close(fd);
    }
  }

  /** Whether the descriptor with this token was fetched, or could not be, and no object has taken it over yet. */
  hasFetched(token: string): boolean {
    return this.#fetched.has(token);
  }

  /** Keeps a descriptor that was fetched, or the error, until `take` or `dropFetched`. */
  putAside(token: string, fd: number): void {
    const known = this.#fetched.get(token) ?? ENOENT;
    if (known >= 0) this.#shim.pp_close(known);
    this.#fetched.set(token, fd);
  }

  /** Closes the descriptors of a message that were fetched and that no object has taken over. */
  dropFetched(refs: readonly Ref[]): void {
    for (const location of locationsOf(refs))
      for (const token of tokensOf(location)) {
        const fd = this.#fetched.get(token);
        this.#fetched.delete(token);
        if (fd !== undefined && fd >= 0) this.#shim.pp_close(fd);
      }
  }

  /** Whether another process's keeper has to be asked for the descriptors of this location. */
  isElsewhere({ keeper }: Home): boolean {
    return keeper !== this.#address && keeper !== WITH_MESSAGE;
  }

  /** Returns the descriptors that a location stands for. Those of another process must have been fetched. */
  take(location: Location): number[] {
    const fds: number[] = [];
    try {
      for (const token of tokensOf(location)) fds.push(this.#takeOne(location.keeper, token));
      return fds;
    } catch (error) {
      for (const fd of fds) this.#shim.pp_close(fd);
      throw error;
    }
  }

  #takeOne(keeper: string, token: string): number {
    const fetched = this.#fetched.get(token);
    this.#fetched.delete(token);
    const fd = fetched ?? (keeper === this.#address ? this.#shim.pp_claim(bytesOf(token)) : ENOENT);
    const removed = fd === ECONNREFUSED ? removedSocket(keeper) : undefined;
    if (removed !== undefined) throw new ProcessError(`The object can't be received: ${removed}.`);
    if (fd === ECONNREFUSED || fd === ECONNRESET)
      // The process whose keeper had the descriptor has ended.
      throw new OwnerDiedError("The process that kept this object for its receiver is gone, and the object with it.");
    if (fd === EPERM)
      // The kernel says so of the other end of the connection.
      throw new ProcessError("An object can't be received from a process of another user: send objects before the user is changed.");
    if (fd === ENOENT && keeper === WITH_MESSAGE)
      // The kernel drops the descriptors of a message that comes when this process has no number left for them.
      throw new ProcessError(
        "An object came, and this process has as many open files as it may have (EMFILE). Close some, or raise `ulimit -n`. The object is lost.",
      );
    if (fd === ENOENT)
      // The keeper no longer has the descriptor.
      throw new OwnerDiedError("This object was received already, or its sender took it back: send it once for each receiver.");
    return check(fd, "An object that was sent can't be received");
  }

  #keepOne(fd: number): string {
    const token = randomName(16);
    check(this.#shim.pp_keep(this.#inbox, bytesOf(token), fd), "The object can't be sent");
    return token;
  }

  #keptTokens(locations: readonly Location[]): string[] {
    return locations.filter(({ keeper }) => keeper === this.#address).flatMap(tokensOf);
  }

  #listen(): string {
    // A program may have cleaned the temporary folder since.
    if (this.#address === undefined || isGone(this.#address)) {
      const address = this.#tree.addressOf("keeper");
      check(this.#shim.pp_keeper_listen(this.#inbox, text(address)), "This process can't hand objects over");
      this.#address = address;
    }
    return this.#address;
  }
}

/** Checks the tokens of a location, which came from another process. */
export function tokensOf({ token, more = [] }: Location): string[] {
  return checkTokens([token, ...more]);
}

/** Checks tokens that came from another process. */
export function checkTokens(tokens: string[]): string[] {
  // The location's token does not have the form of a token.
  if (!tokens.every((each) => TOKEN.test(each)))
    throw new UnsupportedError("A reference to a native object is malformed: it comes from no polyproc process.");
  return tokens;
}

export function bytesOf(token: string): Uint8Array {
  return Uint8Array.from(token.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
}
