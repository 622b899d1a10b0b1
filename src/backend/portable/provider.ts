import { tree } from "../../tree/tree.ts";
import type { BackendProvider } from "../contract/backend.ts";
import { leaveMark } from "./launch/end-mark.ts";
import { NAME } from "./location.ts";
import { Portable } from "./portable.ts";

let backend: Portable | undefined;

function open(): Portable {
  backend ??= new Portable(tree);
  return backend;
}

/** Provides the portable backend, which needs only the runtime's own modules. */
export const portableProvider: BackendProvider = {
  name: NAME,
  automatic: true,
  available: () => ({ yes: true, reason: "it works on every platform" }),
  open,
  // `forChild` is the path of the mark that this child leaves when it exits.
  openInChild: (forChild) => {
    leaveMark(forChild);
    return open();
  },
  opened: () => backend,
  inspect: async (processes) => (await import("./inspect.ts")).askHubs(processes),
};
