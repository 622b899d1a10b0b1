// The URLs of this package's own modules. Some modules are run or imported by URL: a child's first module, a worker's module.
// In a bundle, the chunk with this file must be as deep below src/ as this file (see scripts/rolldown.mjs).

// A bundler that makes CommonJS leaves no `import.meta.url`. Then the first start of a process says that the modules are not there.
const own: string = (import.meta.url as string | undefined) ?? "file:///in-a-bundle/src/util/package-urls.js";
const sources = new URL("../", own).href;
const extension = own.endsWith(".ts") ? ".ts" : ".js";
const publicModule = new URL(`../mod${extension}`, sources).href;

/** The folder that contains `src/`: the package, or the folder of its bundle. */
export const packageUrl: URL = new URL("../", sources);

/** Returns the URL of one of this package's modules. `path` is its path below `src/` without an extension. */
export function ownModule(path: string): URL {
  return new URL(`${path}${extension}`, sources);
}

/** Whether a URL belongs to this package's own code. In a clone, `packageUrl` also contains tests and examples, which do not. */
export function isOwnModule(url: string): boolean {
  return url.startsWith(sources) || url === publicModule;
}
