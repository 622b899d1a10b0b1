// The scripts of `npm run cluster:dev` that tests use, too. They are JavaScript, because the user's own Node runs them.

/** What is done when this process has ended: scripts/cluster/cleaner.mjs. */
export type Task = { readonly kill: number } | { readonly remove: string } | { readonly run: readonly string[] };

interface Cleaner {
  atExit(task: Task): () => void;
}

interface Finder {
  findServer(): { readonly path: string; readonly version: string } | { readonly reason: string };
}

const cleaner = (await import("../../../scripts/cluster/cleaner.mjs" as string)) as Cleaner;
const finder = (await import("../../../scripts/cluster/find-server.mjs" as string)) as Finder;

export const atExit: Cleaner["atExit"] = cleaner.atExit;
export const findServer: Finder["findServer"] = finder.findServer;
