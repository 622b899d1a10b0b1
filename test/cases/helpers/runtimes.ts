/** The runtimes that a child may run on. */
export const RUNTIMES = ["node", "deno", "bun"] as const;
