// Flags that a parent adds to the command line of a child.

const TAKES_VALUE = new Set(["-e", "--eval", "-p", "--print", "--input-type"]);
const NOT_FOR_CHILDREN = /^(-e|--eval|-p|--print|-c|--check|-i|--interactive|--input-type|--inspect|--watch|--test|--hot)/;

/**
 * The flags of this process that its children get too. Flags that say what to run are left out, because a child runs something else.
 * Flags that take a port or watch files are left out, because two processes can't both do that.
 */
export function carriedFlags(execArgv: readonly string[]): string[] {
  const carried: string[] = [];
  for (let i = 0; i < execArgv.length; i++) {
    const flag = execArgv[i] ?? "";
    if (!NOT_FOR_CHILDREN.test(flag)) carried.push(flag);
    else if (TAKES_VALUE.has(flag)) i++;
  }
  return carried;
}

/** Returns the flag that limits V8's heap. The heap is most of the memory that a process of Node or Deno uses. */
export function heapFlag(bytes: number | undefined): string[] {
  return bytes === undefined ? [] : [`--max-old-space-size=${Math.max(1, Math.floor(bytes / 2 ** 20))}`];
}
