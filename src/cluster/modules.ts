// How targets are named where they cross from host to host: by the path of their module in the folder of the program.
import { join, relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { UnsupportedError } from "../errors/errors.ts";
import type { FunctionCheck, TargetRef } from "../target/target.ts";
import { fs } from "../util/lazy-modules.ts";

const PREFIX = "program:";

/** Names a target for other hosts. Throws `UnsupportedError` if its module is not in the program's folder. */
export function refForHosts(ref: TargetRef, root: string): TargetRef {
  const path = ref.module.startsWith("file:") ? pathIn(root, fileURLToPath(withoutQuery(ref.module))) : undefined;
  if (path === undefined)
    throw new UnsupportedError(
      `The target ${ref.name} of ${ref.module} can't be named on other hosts: its module must be a file in the folder of the program, which is ${root}. Set the option \`root\` of connectCluster().`,
    );
  return { ...ref, module: PREFIX + path };
}

/** Whether a value names a target as `refForHosts` does. Agents look at the rest of it. */
export function isNamedByPath(value: unknown): value is TargetRef {
  const { module, name } = Object(value) as Partial<Record<keyof TargetRef, unknown>>;
  return typeof module === "string" && typeof name === "string" && module.startsWith(PREFIX);
}

/** The modules that an agent runs, and where they are. */
export class AllowedModules {
  readonly #root: string;
  readonly #allow: readonly string[];
  readonly #patterns: readonly RegExp[];

  /** @param allow patterns of paths in the folder: "*" stands for a part of a name, and "**" for any folders */
  constructor(root: string, allow: readonly string[]) {
    this.#root = fs().realpathSync(root);
    this.#allow = allow;
    this.#patterns = allow.map(patternOf);
  }

  /** Returns the target on this host. Throws `UnsupportedError` if it may not run here. */
  find(value: unknown): TargetRef {
    if (!isNamedByPath(value)) throw refused("is not named by its path");
    const { module, name, registered, check } = value as TargetRef & { readonly registered?: unknown; readonly check?: unknown };
    const path = module.slice(PREFIX.length);
    const real = this.#realPath(path);
    const inRoot = real === undefined ? undefined : pathIn(this.#root, real);
    // Both are checked: a link inside must not lead to what is not allowed.
    if (inRoot === undefined || !this.#matches(inRoot) || !this.#matches(path.replace(/^\.\//, "")))
      throw refused(`is ${JSON.stringify(path)}, which does not match ${this.#allow.map((each) => `--allow '${each}'`).join(" ")}`);
    const url = pathToFileURL(join(this.#root, inRoot)).href;
    return {
      module: url,
      name,
      ...(registered === true && { registered }),
      ...(check === undefined ? {} : { check: check as FunctionCheck }),
    };
  }

  #matches(path: string): boolean {
    return this.#patterns.some((pattern) => pattern.test(path));
  }

  #realPath(path: string): string | undefined {
    try {
      return fs().realpathSync(join(this.#root, path));
    } catch (error) {
      // Nobody is told which files exist outside of what is allowed.
      if (this.#matches(path)) throw new UnsupportedError(`The agent has no file ${JSON.stringify(path)} in its folder.`, { cause: error });
      return undefined;
    }
  }
}

function refused(why: string): UnsupportedError {
  return new UnsupportedError(`The agent does not run this target, because its module ${why}.`);
}

function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, "");
}

// The path of a file relative to a folder, with "/" on each system. `undefined` if it is not inside.
function pathIn(folder: string, file: string): string | undefined {
  const path = relative(folder, file);
  const first = path.split(sep)[0];
  return path === "" || first === ".." || join(folder, path) !== file ? undefined : path.split(sep).join("/");
}

/** Makes a regular expression of a pattern. */
function patternOf(glob: string): RegExp {
  const source = glob
    .replace(/^\.\//, "")
    .split(/(\*\*\/|\*\*|\*|\?)/)
    .map((part) => {
      if (part === "**/") return "(?:.*/)?";
      if (part === "**") return ".*";
      if (part === "*") return "[^/]*";
      return part === "?" ? "[^/]" : part.replace(/[.+^${}()|[\]\\]/g, "\\$&");
    })
    .join("");
  return new RegExp(`^${source}$`, "s");
}
