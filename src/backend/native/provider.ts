import { UnsupportedError } from "../../errors/errors.ts";
import { tree } from "../../tree/tree.ts";
import type { Backend, BackendProvider } from "../contract/backend.ts";
import { NATIVE } from "./core/location.ts";
import type { CheckedLibrary } from "./library/check.ts";
import { examineLibrary } from "./library/examine.ts";
import { inheritLibrary, loadLibrary } from "./library/load.ts";
import { Native } from "./native.ts";

let native: Native | undefined;

function open(): Backend {
  if (native === undefined) {
    const { library, reason } = loadLibrary();
    // The program asks for the native backend, and this process has no library that it can use.
    if (library === undefined) throw new UnsupportedError(`There is no native backend here: ${reason}.`);
    native = new Native(library, tree);
  }
  return native;
}

/** Provides the native backend. It is available on Linux if the library exists and the program may load it. */
export const nativeProvider: BackendProvider = {
  name: NATIVE,
  automatic: true,
  available: () => {
    const { library, reason } = loadLibrary();
    return { yes: library !== undefined, reason };
  },
  open,
  // `forChild` is the library that the parent's launcher has checked.
  openInChild: (forChild) => {
    inheritLibrary(forChild as CheckedLibrary);
    return open();
  },
  opened: () => native,
  examine: examineLibrary,
  inspect: async (processes) => {
    const { library } = loadLibrary();
    if (library === undefined) return { objects: [], silent: [] };
    const { inspectMemory } = await import("./inspect.ts");
    return inspectMemory(library.shim, processes);
  },
};
