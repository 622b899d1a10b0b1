import { randomBytes } from "../util/random.ts";
import { keepFolder, makeAddress, makeFolder, remove, sweep } from "./folder.ts";

/** What the processes of a tree have in common, and this one's own addresses. */
export interface Family {
  /** The tree's secret: 32 bytes. */
  readonly secret: Uint8Array;
  /** The folder for sockets, and this process's own socket in it. */
  readonly folder: string;
  readonly address: string;
  /** Whether the folder is this process's to remove. */
  readonly ownsFolder: boolean;
}

/** A place for a child: settings for its boot frame and what is to be removed when somebody dies. */
export interface Nursery {
  readonly family: Family;
  /** What the child removes when its parent dies. */
  readonly orphaned: readonly string[];
  /** Called when the child has ended. */
  tidy(): void;
}

/** This process's place in its tree. */
export class Tree {
  #family: Family | undefined;
  readonly #atExit = (): void => this.#remove();

  /** What this process has in common with the others; one that has no parent founds a tree. */
  get family(): Family {
    if (this.#family === undefined) {
      const folder = makeFolder();
      sweep(folder);
      this.take({ secret: randomBytes(32), folder, address: makeAddress(folder), ownsFolder: true });
    }
    return this.#family as Family;
  }

  /** The family, if this process has one. */
  get known(): Family | undefined {
    return this.#family;
  }

  /** In a child, before anything else: takes the place that its parent prepared. */
  take(given: Family): void {
    this.#family = given;
    process.on("exit", this.#atExit);
  }

  /** Gives a family up on which nothing could be built, so that a later try begins anew. */
  leave(): void {
    if (this.#family?.ownsFolder !== true) return;
    this.#remove();
    process.off("exit", this.#atExit);
    this.#family = undefined;
  }

  /** A socket's path for this process, which is about to listen there. */
  addressOf(use: "hub" | "keeper"): string {
    const { folder, address } = this.family;
    keepFolder(folder);
    return use === "hub" ? address : keeperOf(address);
  }

  /** Prepares a place for a child. */
  nurse(detached: boolean): Nursery {
    const { secret, folder: ours, address: own, ownsFolder } = this.family;
    const folder = detached ? makeFolder() : ours;
    const address = makeAddress(folder);
    return {
      family: { secret, folder, address, ownsFolder: detached },
      orphaned: detached ? [] : ownsFolder ? [ours] : [...socketsOf(address), ...socketsOf(own)],
      tidy: () => {
        for (const path of detached ? [folder] : socketsOf(address)) remove(path);
      },
    };
  }

  #remove(): void {
    if (this.#family === undefined) return;
    const { ownsFolder, folder, address } = this.#family;
    for (const path of ownsFolder ? [folder] : socketsOf(address)) remove(path);
  }
}

function keeperOf(address: string): string {
  return `${address}.k`;
}

function socketsOf(address: string): string[] {
  return [address, keeperOf(address)];
}

/** The tree of this process. */
export const tree: Tree = new Tree();
