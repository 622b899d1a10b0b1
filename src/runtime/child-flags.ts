// Flags that a parent adds to the command line of a child.
import { absolute, startFolder } from "./start-folder.ts";

/** What a runtime's flags mean for its children. A flag that is not named here is carried over as it is. */
export interface FlagTable {
  /**
   * Flags that children don't get: those that say what to run, because a child runs something else; those that take a port, watch files or
   * name a file to write, because two processes can't both do that; those that set variables, because a child gets the variables anyway.
   */
  readonly left: RegExp;
  /** Flags whose value is a path. */
  readonly paths: ReadonlySet<string>;
  /** Flags whose value is a module, with a function that returns the absolute specifier of a module. It may throw. */
  readonly modules: ReadonlyMap<string, (specifier: string, folder: string) => string>;
}

interface Flag {
  readonly name: string;
  /** The text between the name and the value. */
  readonly joint: string;
  readonly value: string | undefined;
  readonly words: readonly string[];
}

const WORD = /^(--[^=]+|-\w)(=?)(.*)$/s;
// A specifier that is a URL or an absolute path. A name of one letter is a drive of Windows.
const ABSOLUTE = /^([a-z][a-z0-9+.-]+:|\/)/i;

/**
 * Returns those of this process's flags that its children get too.
 *
 * @param elsewhere whether the child has another working folder than this process had at its start; then paths are made absolute
 */
export function carriedFlags(words: readonly string[], table: FlagTable, elsewhere: boolean): string[] {
  return flagsOf(words)
    .filter(({ name }) => !table.left.test(name))
    .flatMap((flag) => (elsewhere ? withAbsoluteValue(flag, table) : flag.words));
}

// A word that does not begin with "-" is the value of the flag before it. What the program itself is given is not among a runtime's flags.
function flagsOf(words: readonly string[]): Flag[] {
  const flags: Flag[] = [];
  for (let i = 0; i < words.length; ) {
    const first = words[i] ?? "";
    let end = i + 1;
    while (end < words.length && !words[end]?.startsWith("-")) end++;
    const [, name = first, equals = "", rest = ""] = WORD.exec(first) ?? [];
    const hasOwnValue = equals !== "" || rest !== "";
    flags.push({
      name: name.startsWith("--") ? name.replaceAll("_", "-") : name,
      joint: equals,
      value: hasOwnValue ? rest : words[i + 1],
      words: words.slice(i, end),
    });
    i = end;
  }
  return flags;
}

function withAbsoluteValue({ name, joint, value, words }: Flag, { paths, modules }: FlagTable): readonly string[] {
  if (value === undefined || words.length > 2) return words;
  const changed = paths.has(name) ? absolutePath(value) : absoluteModule(value, modules.get(name));
  if (changed === value) return words;
  return words.length === 2 ? [name, changed] : [`${name}${joint}${changed}`];
}

// "*" stands for all paths in flags of Node's permissions.
function absolutePath(path: string): string {
  return path === "*" ? path : absolute(path);
}

function absoluteModule(specifier: string, find: ((specifier: string, folder: string) => string) | undefined): string {
  if (find === undefined || startFolder === undefined || ABSOLUTE.test(specifier)) return specifier;
  try {
    return find(specifier, startFolder);
  } catch {
    // The child will say that it does not find the module.
    return specifier;
  }
}

/** Returns the flag that limits V8's heap. The heap is most of the memory that a process of Node or Deno uses. */
export function heapFlag(bytes: number | undefined): string[] {
  return bytes === undefined ? [] : [`--max-old-space-size=${Math.max(1, Math.floor(bytes / 2 ** 20))}`];
}
