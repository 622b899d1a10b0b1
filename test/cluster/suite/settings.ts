/** What the programs of the suite and their agents agree on. */
export const LEASE = 5000;
export const VERSION = "suite";
