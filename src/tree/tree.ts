import { runtime } from "../runtime/current.ts";
import { platform } from "../runtime/platform.ts";
import { randomBytes } from "../util/random.ts";
import { CountingFile } from "./counting.ts";
import { BELL, keepFolder, makeAddress, makeFolder, PAGE, remove, sweep } from "./folder.ts";
import { page } from "./page.ts";

/** The secret and the folder that the processes of a tree share, and this process's own address. */
export interface Membership {
  /** The tree's secret: 32 bytes. */
  readonly secret: Uint8Array;
  /** The folder for sockets. */
  readonly folder: string;
  /** This process's own socket in the folder. */
  readonly address: string;
  /** Whether this process removes the folder when it ends. */
  readonly ownsFolder: boolean;
  /** The addresses of the processes with which this one ends: its parent, its parent's parent and so on. */
  readonly ancestors: readonly string[];
}

/** The membership that a parent prepares for a child. */
export interface ChildMembership {
  readonly membership: Membership;
  /** The paths that the child removes when its parent dies. */
  readonly orphaned: readonly string[];
  /** Counts the child among the living processes of the tree. */
  readonly counting: CountingFile;
  /** Removes the files that the child left. Called when the child has ended. */
  tidy(): void;
}

/** This process's membership in its tree. */
export class Tree {
  #membership: Membership | undefined;
  #stopExit: (() => void) | undefined;
  // Sockets in a folder that this process can't use any more.
  readonly #left: string[] = [];

  /** The membership. A process without a parent makes a new tree when this is read for the first time. */
  get membership(): Membership {
    if (this.#membership === undefined) {
      const folder = makeFolder();
      sweep(folder);
      this.join({ secret: randomBytes(32), folder, address: makeAddress(folder), ownsFolder: true, ancestors: [] });
    }
    return this.#membership as Membership;
  }

  /** The membership, if this process has one. */
  get known(): Membership | undefined {
    return this.#membership;
  }

  /** Takes over the membership that the parent prepared. A child calls it before anything else. */
  join(membership: Membership): void {
    this.#membership = membership;
    this.#stopExit = runtime.onExit(() => this.#remove());
    page.lieAt(pageOf(membership.address));
  }

  /** Drops a membership with which this process could not listen, so that a later attempt makes a new one. */
  leave(): void {
    if (this.#membership?.ownsFolder !== true) return;
    this.#remove();
    this.#stopExit?.();
    this.#membership = undefined;
  }

  /**
   * Returns the path on which this process is about to listen. If it can't use the tree's folder any more, for example because its user has
   * changed, it gets a folder of its own.
   */
  addressOf(use: "hub" | "keeper" | "bell"): string {
    if (!keepFolder(this.membership.folder, "sockets")) this.#move();
    const { address } = this.membership;
    return use === "hub" ? address : use === "keeper" ? keeperOf(address) : bellOf(address);
  }

  #move(): void {
    const old = this.membership;
    const folder = makeFolder();
    // A folder that belongs to somebody else is not removed.
    if (!old.ownsFolder) this.#left.push(...filesOf(old.address));
    this.#membership = { ...old, folder, address: makeAddress(folder), ownsFolder: true };
  }

  /** Prepares a child's membership. A detached child gets a folder of its own, which outlives this process. */
  prepareChild(detached: boolean): ChildMembership {
    if (!keepFolder(this.membership.folder, "sockets")) this.#move();
    const { secret, folder: ours, address: own, ownsFolder, ancestors } = this.membership;
    const folder = detached ? makeFolder() : ours;
    const address = makeAddress(folder);
    const counting = new CountingFile(ours);
    return {
      membership: { secret, folder, address, ownsFolder: detached, ancestors: detached ? [] : [...ancestors, own] },
      orphaned: detached ? [] : ownsFolder ? [ours] : [...filesOf(address), ...filesOf(own), counting.path],
      counting,
      tidy: () => {
        for (const path of detached ? [folder] : filesOf(address)) remove(path);
        counting.remove();
      },
    };
  }

  #remove(): void {
    if (this.#membership === undefined) return;
    const { ownsFolder, folder, address } = this.#membership;
    for (const path of [...(ownsFolder ? [folder] : filesOf(address)), ...this.#left]) remove(path);
  }
}

function keeperOf(address: string): string {
  return `${address}.k`;
}

function bellOf(address: string): string {
  return address.replace(/\.sock$/, BELL);
}

function pageOf(address: string): string {
  return address.replace(/\.sock$/, PAGE);
}

// The files by which others reach a process, and know of it. To look for a named pipe as for a file would connect to it.
function filesOf(address: string): string[] {
  return platform.hasSocketFiles ? [address, keeperOf(address), bellOf(address), pageOf(address)] : [];
}

/** The tree of this process. */
export const tree: Tree = new Tree();
