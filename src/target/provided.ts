// Modules that a child has without an import by URL. In a bundle or an executable file, this package has no modules with URLs of their own.

/** The names of this package's modules that are targets of children. */
export const OWN_MODULES: { readonly worker: string; readonly manager: string; readonly public: string } = {
  worker: "polyproc:worker",
  manager: "polyproc:manager",
  public: "polyproc:public",
};

/** Stands for the modules of a frozen program. A child has evaluated them when it looks for its target. */
export const PROGRAM: string = "polyproc:program";

const provided = new Map<string, () => Promise<object>>([[PROGRAM, async () => ({})]]);

/** Gives a name to a module that children can load. */
export function provideModule(name: string, load: () => Promise<object>): void {
  provided.set(name, load);
}

/** Returns the exports of a module that was provided under this name, or `undefined` if there is none. */
export function providedModule(name: string): Promise<object> | undefined {
  return provided.get(name)?.();
}
