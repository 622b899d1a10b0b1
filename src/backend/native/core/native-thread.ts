import type { Tree } from "../../../tree/tree.ts";
import type { Inbox } from "./inbox.ts";
import type { Keeper } from "./keeper.ts";

/** The things that all native objects of one thread share. */
export interface NativeThread {
  readonly tree: Tree;
  readonly inbox: Inbox;
  readonly keeper: Keeper;
  /** The puts, sends and reports that are not complete yet. */
  readonly unsent: Set<Promise<unknown>>;
}
