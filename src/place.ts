// Where this package's own modules are. Of a bundle, the part that holds this file must lie where src/place.js would.

const here = new URL("./", import.meta.url).href;
const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
const door = new URL(`../mod${extension}`, here).href;

/** The folder that holds src/: the package, or the bundle in it. */
export const place: URL = new URL("../", here);

/** URL of one of this package's modules that are run or imported by URL, by its path in src/. */
export function ownModule(path: string): URL {
  return new URL(`${path}${extension}`, here);
}

/** Whether this is the URL of this package's own code: the folder holds tests and examples too, when it is checked out by itself. */
export function isOwn(url: string): boolean {
  return url.startsWith(here) || url === door;
}
