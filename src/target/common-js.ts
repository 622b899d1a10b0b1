import { isInPackages } from "../runtime/paths.ts";
import { isOwnModule } from "../util/package-urls.ts";
import { requireCache } from "../util/require-cache.ts";
import type { Callable } from "./target.ts";
import { urlOfLoaded } from "./url-of-path.ts";

interface Exported {
  readonly module: string;
  readonly name: string;
}

/**
 * Finds the function among the exports of the modules that `require` has loaded, wherever they lie. Nothing is evaluated. The program's own
 * modules come before those of packages.
 */
export function searchCommonJs(target: Callable): Exported | undefined {
  const found: Exported[] = [];
  for (const [path, module] of Object.entries(requireCache())) {
    const url = urlOfLoaded(path);
    if (url === undefined || isOwnModule(url)) continue;
    const name = nameOf(target, module?.exports);
    if (name !== undefined) found.push({ module: url, name });
  }
  return found.find(({ module }) => !isInPackages(module)) ?? found[0];
}

function nameOf(target: Callable, exports: unknown): string | undefined {
  if (exports === target) return "default";
  if (typeof exports !== "object" || exports === null) return undefined;
  return Object.getOwnPropertyNames(exports).find((name) => {
    try {
      const { value, get } = Object.getOwnPropertyDescriptor(exports, name) ?? {};
      // Compilers write exports as getters. A getter of another name is not called, because it may load a module.
      return value === target || (get !== undefined && name === target.name && get.call(exports) === target);
    } catch {
      // The module is still being evaluated.
      return false;
    }
  });
}
