/** Resolves when all promises of the set have settled, also those that join it meanwhile. A promise leaves the set when it settles. */
export async function allSettled(promises: ReadonlySet<Promise<unknown>>): Promise<void> {
  while (promises.size > 0) await Promise.allSettled(promises);
}
